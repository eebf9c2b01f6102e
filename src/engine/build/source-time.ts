import type { TimeSource } from '../../build/graph/index.ts'
import { prepareFetch } from '../../build/ops/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import { digestOf } from '../../foundation/oci/index.ts'
import type { Lease } from '../../store/snapshot/index.ts'
import type { Store } from '../store.ts'
import { createFetchEnvironment } from './fetch-environment.ts'
import { chunksOf, unpackChunks } from './inputs-archive.ts'
import { remembered } from './remembered.ts'
import { secretSource } from './secrets.ts'
import type { BuildContextOptions, BuildOptions } from './types.ts'

export interface TimeContext {
  readonly store: Store
  readonly lease: Lease
  readonly options: BuildOptions
  readonly context: BuildContextOptions
}

/**
 * When what SOURCE_DATE_EPOCH names was made, in seconds since the epoch: the commit, what the server says, or the newest file
 * of an archive. Undefined for directories and images, as in docker. Throws what fetching throws.
 */
export const sourceTime = async (source: TimeSource, time: TimeContext): Promise<number | undefined> => {
  if (source.kind === 'remote') return remoteTime(source.op, time)
  const { context, contexts } = time.options
  const input = source.name === '' ? context : contexts?.get(source.name)
  return input?.kind === 'layers' ? input.time?.() : undefined
}

type Op = Extract<TimeSource, { readonly kind: 'remote' }>['op']

const remoteTime = async (
  op: Op,
  { store, lease, options, context }: TimeContext,
): Promise<number | undefined> => {
  const { events, signal, now, env } = context
  const fetch = createFetchEnvironment(store, {
    env,
    secret: secretSource(options.secrets),
    ssh: options.ssh?.get('default'),
  })
  const title = '[internal] resolve SOURCE_DATE_EPOCH'
  const prepared = await prepareFetch(op, {
    id: digestOf(title),
    context: { signal, events },
    environment: { ...fetch, snapshots: store.snapshots, now },
  })
  const told = await prepared.time()
  if (told !== undefined || op.kind === 'git') return told
  const tree = store.snapshots.union(await remembered({ store, lease, now }, title, prepared))
  const file = tree.lookup(op.filename)
  if (file === undefined) return undefined
  try {
    const chunks = chunksOf(tree.content(file))
    const unpacked = await unpackChunks(chunks, op.filename, { store, lease, now, signal })
    return unpacked.kind === 'archive' ? await unpacked.time() : undefined
  } catch (error) {
    // What is no archive has no time; the step that uses it may still take it as it is.
    if (error instanceof AppError && !signal.aborted) return undefined
    throw error
  }
}

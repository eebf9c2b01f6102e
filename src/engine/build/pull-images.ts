import type { ImageNeed } from '../../build/graph/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import { formatPlatform, formatReference, parseReference } from '../../foundation/oci/index.ts'
import type { TransferEvent } from '../../store/transfer/index.ts'
import { notPulled } from '../registry/not-pulled.ts'
import { pull } from '../registry/pull.ts'
import type { Store } from '../store.ts'
import type { BuildContextOptions } from './types.ts'

/** Pulls images that a build needs, several at a time, and shows that as steps. What failed; an abort is thrown. */
export const pullNeeded = async (
  store: Store,
  needs: readonly ImageNeed[],
  context: BuildContextOptions,
): Promise<ReadonlyMap<ImageNeed, AppError>> => {
  const failed = new Map<ImageNeed, AppError>()
  await Promise.all(
    needs.map(async (need) => {
      try {
        await pullOne(store, need, context)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        failed.set(need, notPulled(store.images, need.reference, error))
      }
    }),
  )
  return failed
}

const pullOne = async (
  store: Store,
  { reference, platform }: ImageNeed,
  { events, now, env = {}, signal }: BuildContextOptions,
): Promise<void> => {
  const name = formatReference(parseReference(reference))
  const id = `pull ${name} ${formatPlatform(platform)}`
  events({ kind: 'vertex-started', id, name: `pull ${name}`, at: now() })
  const log = (text: string): void =>
    events({ kind: 'vertex-log', id, stream: 'stderr', chunk: Buffer.from(`${text}\n`) })
  const show = (event: TransferEvent): void => {
    const line = lineOf(event)
    if (line !== undefined) log(line)
    if (event.kind === 'progress')
      events({ kind: 'vertex-progress', id, done: event.done, total: event.total, unit: 'bytes' })
  }
  try {
    await pull(store, { name: reference, platform }, { env, events: show, signal })
    events({ kind: 'vertex-finished', id, at: now() })
  } catch (error) {
    events({
      kind: 'vertex-failed',
      id,
      at: now(),
      message: error instanceof Error ? error.message : String(error),
    })
    throw error
  }
}

const lineOf = (event: TransferEvent): string | undefined => {
  switch (event.kind) {
    case 'resolved':
      return `resolved to ${event.descriptor.digest}`
    case 'layer':
      return event.state === 'done' || event.state === 'exists' || event.state === 'waiting'
        ? `${event.digest} ${words[event.state]}`
        : undefined
    case 'warning':
      return `warning: ${event.message}`
    default:
      return undefined
  }
}

const words = { done: 'done', exists: 'is here already', waiting: 'is fetched by another process' } as const

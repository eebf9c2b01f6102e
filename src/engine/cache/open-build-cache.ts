import type { VertexId } from '../../build/graph/index.ts'
import type { StepResult } from '../../build/ops/index.ts'
import type { Executor, StepCache } from '../../build/solver/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import type { DiffId } from '../../foundation/oci/index.ts'
import type { Lease, Stack } from '../../store/snapshot/index.ts'
import type { Transfer } from '../../store/transfer/index.ts'
import type { BuildContextOptions } from '../build/types.ts'
import { openTransfer } from '../registry/open-transfer.ts'
import type { Store } from '../store.ts'
import { cacheMediaType, encodeDocument } from './document.ts'
import { type Exporting, exportSteps, outgoingSteps } from './export-cache.ts'
import { importSteps, readPlace } from './imported.ts'
import { inlineAnnotations } from './inline.ts'
import { createLayerNames } from './layer-names.ts'
import { localPlace } from './local-place.ts'
import { localSink } from './local-sink.ts'
import { registryPlace, registrySink } from './registry-place.ts'
import { type CacheSession, openSession } from './session.ts'
import type { CacheSecret } from './signature.ts'
import type { CachedStep, CachePlace, CacheSource, CacheTarget } from './types.ts'

export interface BuildCacheOptions {
  readonly sources: readonly CacheSource[]
  readonly targets: readonly CacheTarget[]
  readonly key?: CacheSecret | undefined
  readonly lease: Lease
  readonly executor: Executor<StepResult>
  readonly local: StepCache<StepResult>
}

/** Caches in registries and directories during one build. */
export interface BuildCache extends Pick<CacheSession, 'executor' | 'cache'>, Disposable {
  /** The results again, those that `wanted` names with all of their layers in the store. */
  settle(
    results: ReadonlyMap<VertexId, StepResult>,
    wanted: readonly (VertexId | undefined)[],
  ): Promise<ReadonlyMap<VertexId, StepResult>>
  /** What the manifest of an image of these layers says of its steps, when that is asked for. */
  annotations(stack: Stack): Promise<Readonly<Record<string, string>>>
  /** Writes what is asked for; `stacks` are those of the images that were built. Throws unless failures are to be ignored. */
  write(stacks: readonly Stack[]): Promise<void>
}

type Context = Pick<BuildContextOptions, 'events' | 'signal' | 'now' | 'env'>

/** Reads the caches that are named. One that cannot be read or believed is a warning. */
export const openBuildCache = async (
  store: Store,
  options: BuildCacheOptions,
  context: Context,
): Promise<BuildCache> => {
  const { signal, events, env = {} } = context
  let opened: (Transfer & Disposable) | undefined
  const transfer = (): Transfer => {
    opened ??= openTransfer(store, { env, events: () => undefined, signal })
    return opened
  }
  const placeOf = (source: CacheSource): CachePlace =>
    shownPlace(
      source.kind === 'registry'
        ? registryPlace(transfer(), source.reference, cacheMediaType)
        : localPlace(store, source, cacheMediaType),
      context,
    )
  const names = createLayerNames(store, options.lease)
  const read = await Promise.all(
    options.sources.map((source) => readShown(placeOf(source), options.key, context)),
  )
  const session = openSession({
    ...options,
    imported: importSteps(read),
    names,
    signal,
    now: context.now,
    costOf: (key) => store.steps.get(key)?.milliseconds ?? 0,
    lost: ({ place, name }, error) =>
      events({
        kind: 'warning',
        message: `${name} is executed: the cache ${place.shown} has failed: ${error.message}`,
      }),
  })
  const exporting: Exporting = { store, names, key: options.key, signal }
  return {
    executor: session.executor,
    cache: session.cache,
    settle: async (results, wanted) => {
      const settled = new Map(results)
      for (const id of wanted) {
        const result = id && results.get(id)
        if (result) settled.set(id, await session.ready(result))
      }
      session.remember()
      return settled
    },
    annotations: async (stack) => {
      if (!options.targets.some(({ address }) => address.kind === 'inline')) return {}
      const steps = await outgoingSteps(session.done(), exporting, await diffIdsOf(store, [stack]))
      return inlineAnnotations(encodeDocument(steps), options.key)
    },
    write: async (stacks) => {
      for (const target of options.targets) {
        const sink = sinkOf(target, transfer)
        if (!sink) continue
        await shownExport(sink.shown, target, context, async () => {
          const only = target.mode === 'min' ? await diffIdsOf(store, stacks) : undefined
          await exportSteps(await outgoingSteps(session.done(), exporting, only), sink, target, exporting)
        })
      }
    },
    [Symbol.dispose]: () => opened?.[Symbol.dispose](),
  }
}

const diffIdsOf = async (
  { snapshots }: Pick<Store, 'snapshots'>,
  stacks: readonly Stack[],
): Promise<ReadonlySet<DiffId>> => {
  const found = new Set<DiffId>()
  for (const id of stacks.flat()) found.add((await snapshots.describe(id)).diffId)
  return found
}

const sinkOf = (
  { address, keepOld }: CacheTarget,
  transfer: () => Transfer,
): ReturnType<typeof registrySink> | undefined => {
  switch (address.kind) {
    case 'inline':
      return undefined
    case 'registry':
      return registrySink(transfer(), address.reference, cacheMediaType)
    case 'local':
      return localSink(address.directory, { tag: address.tag, keepOld, type: cacheMediaType })
  }
}

/** Shown as docker shows it: a step of its own, and a failure is no failure of the build. */
const readShown = async (
  place: CachePlace,
  key: CacheSecret | undefined,
  { events, now, signal }: Context,
): Promise<{ readonly place: CachePlace; readonly steps: readonly CachedStep[] }> => {
  const name = `importing cache manifest from ${place.shown}`
  events({ kind: 'vertex-started', id: name, name, at: now() })
  try {
    const steps = await readPlace(place, key)
    if (!steps)
      events({
        kind: 'vertex-log',
        id: name,
        stream: 'stderr',
        chunk: Buffer.from('it has no build cache\n'),
      })
    return { place, steps: steps ?? [] }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof AppError)) throw error
    events({ kind: 'warning', message: `${name}: ${error.message}` })
    return { place, steps: [] }
  } finally {
    events({ kind: 'vertex-finished', id: name, at: now() })
  }
}

/** Says which layers are fetched. */
const shownPlace = (place: CachePlace, { events, now }: Context): CachePlace => ({
  ...place,
  fetch: async (layer, signal) => {
    const id = `fetch ${layer.diffId}`
    events({
      kind: 'vertex-started',
      id,
      name: `fetching layer ${layer.blob.digest} from ${place.shown}`,
      at: now(),
    })
    try {
      await place.fetch(layer, signal)
    } finally {
      events({ kind: 'vertex-finished', id, at: now() })
    }
  },
})

const shownExport = async (
  shown: string,
  { ignoreError }: CacheTarget,
  { events, now, signal }: Context,
  work: () => Promise<void>,
): Promise<void> => {
  const name = `exporting cache to ${shown}`
  events({ kind: 'vertex-started', id: name, name, at: now() })
  try {
    await work()
    events({ kind: 'vertex-finished', id: name, at: now() })
  } catch (error) {
    signal.throwIfAborted()
    const message = error instanceof Error ? error.message : String(error)
    if (!ignoreError || !(error instanceof AppError)) {
      events({ kind: 'vertex-failed', id: name, at: now(), message })
      throw error
    }
    events({ kind: 'warning', message: `${name}: ${message}` })
    events({ kind: 'vertex-finished', id: name, at: now() })
  }
}

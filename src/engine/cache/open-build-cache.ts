import type { VertexId } from '../../build/graph/index.ts'
import type { StepResult } from '../../build/ops/index.ts'
import type { Executor, StepCache } from '../../build/solver/index.ts'
import type { DiffId } from '../../foundation/oci/index.ts'
import type { Lease, Stack } from '../../store/snapshot/index.ts'
import type { Transfer } from '../../store/transfer/index.ts'
import type { BuildContextOptions } from '../build/types.ts'
import { openTransfer } from '../registry/open-transfer.ts'
import type { Store } from '../store.ts'
import { cacheMediaType, encodeDocument } from './document.ts'
import { type Exporting, exportSteps, outgoingSteps } from './export-cache.ts'
import { importSteps } from './imported.ts'
import { inlineAnnotations } from './inline.ts'
import { createLayerNames } from './layer-names.ts'
import { localPlace } from './local-place.ts'
import { localSink } from './local-sink.ts'
import { registryPlace, registrySink } from './registry-place.ts'
import { type CacheSession, openSession } from './session.ts'
import { readShown, shownExport, shownPlace } from './shown-caches.ts'
import type { CacheSecret } from './signature.ts'
import type { CachePlace, CacheSource, CacheTarget } from './types.ts'

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
  const transfer = transferWhenNeeded(store, context)
  const names = createLayerNames(store, options.lease)
  const places = options.sources.map((source) => placeOf(store, source, transfer.get))
  const read = await Promise.all(
    places.map((place) => readShown(shownPlace(place, context), options.key, context)),
  )
  const session = openSession({
    ...options,
    imported: importSteps(read),
    names,
    signal: context.signal,
    now: context.now,
    costOf: (key) => store.steps.get(key)?.milliseconds ?? 0,
    lost: ({ place, name }, error) =>
      context.events({
        kind: 'warning',
        message: `${name} is executed: the cache ${place.shown} has failed: ${error.message}`,
      }),
  })
  const exporting: Exporting = { store, names, key: options.key, signal: context.signal }
  const outgoing = (only?: ReadonlySet<DiffId>): ReturnType<typeof outgoingSteps> =>
    outgoingSteps(session.done(), exporting, only)
  return {
    executor: session.executor,
    cache: session.cache,
    settle: (results, wanted) => settle(session, results, wanted),
    annotations: async (stack) => {
      if (!options.targets.some(({ address }) => address.kind === 'inline')) return {}
      return inlineAnnotations(encodeDocument(await outgoing(await diffIdsOf(store, [stack]))), options.key)
    },
    write: async (stacks) => {
      for (const target of options.targets) {
        const sink = sinkOf(target, transfer.get)
        if (!sink) continue
        await shownExport(sink.shown, target, context, async () => {
          const only = target.mode === 'min' ? await diffIdsOf(store, stacks) : undefined
          await exportSteps(await outgoing(only), sink, target, exporting)
        })
      }
    },
    [Symbol.dispose]: transfer.close,
  }
}

/** Connections are made when the first cache in a registry is asked. */
const transferWhenNeeded = (
  store: Store,
  { signal, env = {} }: Context,
): { readonly get: () => Transfer; readonly close: () => void } => {
  let opened: (Transfer & Disposable) | undefined
  return {
    get: () => {
      opened ??= openTransfer(store, { env, events: () => undefined, signal })
      return opened
    },
    close: () => opened?.[Symbol.dispose](),
  }
}

const placeOf = (store: Store, source: CacheSource, transfer: () => Transfer): CachePlace =>
  source.kind === 'registry'
    ? registryPlace(transfer(), source.reference, cacheMediaType)
    : localPlace(store, source, cacheMediaType)

const settle = async (
  session: CacheSession,
  results: ReadonlyMap<VertexId, StepResult>,
  wanted: readonly (VertexId | undefined)[],
): Promise<ReadonlyMap<VertexId, StepResult>> => {
  const settled = new Map(results)
  for (const id of wanted) {
    const result = id && results.get(id)
    if (result) settled.set(id, await session.ready(result))
  }
  session.remember()
  return settled
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

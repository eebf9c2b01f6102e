import { freeUnreferenced, neededLayers } from '../images-prune.ts'
import type { Store } from '../store.ts'
import {
  type CacheUnit,
  cacheUnits,
  chooseUnits,
  type RememberedStep,
  type Surroundings,
} from './cache-units.ts'
import { formUnits } from './form-units.ts'
import { allowedBytes, type SpaceLimits } from './limits.ts'
import { diskSpace, layerParts, storeSize } from './measure.ts'

export interface CollectOptions {
  readonly limits: SpaceLimits
  /** Only what nobody has used since: milliseconds since the epoch. */
  readonly unusedSince?: number
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Tell what would go, and touch nothing. */
  readonly dryRun?: boolean
}

export interface CollectReport {
  readonly dropped: readonly CacheUnit[]
  /** Bytes on the disk. */
  readonly before: number
  readonly after: number
  /** What the limits allow. More than that is left when images, containers and running commands need it. */
  readonly allowed: number
}

/**
 * Drops parts of the build cache until the store fits its limits: first those that are worth least for their size, by what they cost to
 * make and when they were used last; cache mounts among them, and forms of layers, of images too, that have another one. Images that have a name or a container, and what running commands hold,
 * stay. Runs beside builds. Throws `locked` when another prune does not end.
 */
export const collectCache = async (store: Store, options: CollectOptions): Promise<CollectReport> => {
  const before = storeSize(store.root)
  const allowed = allowedBytes(options.limits, { used: before, free: diskSpace(store.root).free })
  const dropped: CacheUnit[] = []
  let used = before
  if (options.dryRun) return { ...(await planned(store, options, used - allowed)), before, allowed }
  if (used > allowed) {
    // What nothing refers to costs nothing.
    await freeUnreferenced(store)
    used = storeSize(store.root)
  }
  const stuck = new Set<string>()
  for (let round = 0; round < rounds && used > allowed; round++) {
    const { dropped: chosen } = await planned(store, options, used - allowed, stuck)
    if (chosen.length === 0) break
    const forms = chosen.flatMap(({ form }) => form ?? [])
    const gone = forms.length > 0 ? await store.snapshots.dropForms(forms) : []
    for (const unit of chosen) {
      if (unit.form && !gone.includes(unit.form)) {
        stuck.add(unit.name)
        continue
      }
      await forget(store, unit)
      dropped.push(unit)
    }
    await freeUnreferenced(store)
    used = storeSize(store.root)
  }
  return { dropped, before, after: used, allowed }
}

/** Sizes are added up from layers and files: what the disk says afterwards may differ by a little, and is asked again. */
const rounds = 8

/** `stuck`: names of units that could not go. */
const planned = async (
  store: Store,
  { unusedSince = Number.POSITIVE_INFINITY, now }: CollectOptions,
  excess: number,
  stuck: ReadonlySet<string> = new Set(),
): Promise<Pick<CollectReport, 'dropped' | 'after'>> => {
  const around: Surroundings = { kept: neededLayers(store), partsOf: layerParts(store) }
  const forms = formUnits(await store.snapshots.secondForms(), stuck)
  const units = [...cacheUnits(rememberedSteps(store), around), ...mountUnits(store), ...forms]
  const old = units.filter(({ lastUsed }) => lastUsed <= unusedSince)
  const dropped = excess > 0 ? chooseUnits(old, excess, now) : []
  const freed = new Map(dropped.flatMap(({ parts }) => [...parts]))
  return { dropped, after: storeSize(store.root) - [...freed.values()].reduce((sum, size) => sum + size, 0) }
}

export const rememberedSteps = ({ steps }: Store): readonly RememberedStep[] =>
  [...steps.entries()].map(([key, { name, layers, milliseconds }]) => ({
    key,
    name,
    layers,
    milliseconds,
    lastUsed: steps.usedAt(key) ?? 0,
  }))

/** Bytes that a step fetches and writes into a cache mount in a millisecond: what they cost is not known, so it is guessed. */
const fillSpeed = 10_000

const mountUnits = ({ cacheMounts }: Store): readonly CacheUnit[] =>
  cacheMounts.list().flatMap(({ id, inUse, lastUsed, size }) =>
    inUse
      ? []
      : {
          kind: 'mount' as const,
          name: id,
          keys: [],
          parts: new Map([[`cache mount ${id}`, size]]),
          bytes: size,
          milliseconds: size / fillSpeed,
          lastUsed,
        },
  )

const forget = async (store: Store, unit: CacheUnit): Promise<void> => {
  for (const key of unit.keys) store.steps.remove(key)
  if (unit.kind === 'mount') await store.cacheMounts.prune({ id: unit.name })
}

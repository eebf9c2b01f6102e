import type { LayerId, SecondForm } from '../../store/snapshot/index.ts'

/** A remembered step, as far as forgetting it matters. */
export interface RememberedStep {
  readonly key: string
  readonly name: string
  readonly layers: readonly LayerId[]
  /** What it took to make. */
  readonly milliseconds: number
  /** Milliseconds since the epoch. */
  readonly lastUsed: number
}

/** What goes together: a layer of the cache with all steps that stand on it, a cache mount, or a form of a layer that has another one. */
export interface CacheUnit {
  readonly kind: 'steps' | 'mount' | 'form'
  /** Of the step that made the layer; the id of a cache mount; `tree of layer ID`. */
  readonly name: string
  /** Of the steps. */
  readonly keys: readonly string[]
  /** What is freed with it, forms of layers that only these steps need, and the bytes of each on the disk. */
  readonly parts: ReadonlyMap<string, number>
  readonly form?: SecondForm
  /** Of all parts. */
  readonly bytes: number
  /** What it takes to make all of it again. */
  readonly milliseconds: number
  /** Milliseconds since the epoch, the latest of its steps. */
  readonly lastUsed: number
}

export interface Surroundings {
  /** Layers that images, containers and running commands need: forgetting steps would not free them. */
  readonly kept: ReadonlySet<LayerId>
  /** Its forms, which other units may have too, with their bytes on the disk. */
  partsOf(layer: LayerId): ReadonlyMap<string, number>
}

/**
 * The pieces in which the build cache can be dropped. A layer cannot go before the steps that stand on it, so each layer makes a unit
 * with all of them; units overlap. Steps whose layers others keep make none.
 */
export const cacheUnits = (steps: readonly RememberedStep[], around: Surroundings): readonly CacheUnit[] => {
  const users = new Map<LayerId, RememberedStep[]>()
  for (const step of steps)
    for (const layer of new Set(step.layers)) {
      if (around.kept.has(layer)) continue
      const known = users.get(layer)
      if (known) known.push(step)
      else users.set(layer, [step])
    }
  return [...users].map(([layer, own]) => unitOf(layer, own, users, around))
}

const unitOf = (
  layer: LayerId,
  steps: readonly RememberedStep[],
  users: ReadonlyMap<LayerId, readonly RememberedStep[]>,
  { partsOf }: Surroundings,
): CacheUnit => {
  const going = new Set(steps)
  const layers = [...new Set(steps.flatMap((step) => step.layers))].filter((id) =>
    users.get(id)?.every((step) => going.has(step)),
  )
  const parts = new Map(layers.flatMap((id) => [...partsOf(id)]))
  return {
    kind: 'steps',
    name: makerOf(layer, steps)?.name ?? layer,
    keys: steps.map(({ key }) => key),
    parts,
    bytes: [...parts.values()].reduce((sum, size) => sum + size, 0),
    milliseconds: steps.reduce((sum, step) => sum + step.milliseconds, 0),
    lastUsed: Math.max(...steps.map((step) => step.lastUsed)),
  }
}

/** The step that made the layer has it on top. */
const makerOf = (layer: LayerId, steps: readonly RememberedStep[]): RememberedStep | undefined =>
  steps.find((step) => step.layers.at(-1) === layer) ?? steps[0]

/** After so many milliseconds without use a thing is worth half. */
const halfLife = 7 * 24 * 3600_000

/** What a byte of it is worth: the time to make it again, less when nobody has asked for it for long. */
const worth = (unit: CacheUnit, now: number): number =>
  (Math.max(1, unit.milliseconds) * 2 ** (-Math.max(0, now - unit.lastUsed) / halfLife)) / unit.bytes

/** Units to drop, those that are worth least for their size first, until `bytes` are freed. */
export const chooseUnits = (
  units: readonly CacheUnit[],
  bytes: number,
  now: number,
): readonly CacheUnit[] => {
  const chosen: CacheUnit[] = []
  const gone = new Set<string>()
  let freed = 0
  for (const unit of units.filter((u) => u.bytes > 0).toSorted((a, b) => worth(a, now) - worth(b, now))) {
    if (freed >= bytes) break
    const fresh = [...unit.parts].filter(([part]) => !gone.has(part))
    if (fresh.length === 0) continue
    chosen.push(unit)
    for (const [part, size] of fresh) {
      gone.add(part)
      freed += size
    }
  }
  return chosen
}

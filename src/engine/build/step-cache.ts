import type { StepResult } from '../../build/ops/index.ts'
import type { CacheKey, KeyComponent, StepCache } from '../../build/solver/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import { digestOf } from '../../foundation/oci/index.ts'
import type { RecordTable } from '../../store/records/index.ts'
import type { LayerId, Lease, SnapshotStore } from '../../store/snapshot/index.ts'

/** What is remembered of an executed step. */
export interface StepRecord {
  /** `[builder 2/5] RUN make` */
  readonly name: string
  /** What the key was made of; of long values their digest. */
  readonly components: readonly KeyComponent[]
  readonly layers: readonly LayerId[]
  /** What executing it took: the cost of losing the record. */
  readonly milliseconds: number
  /** Milliseconds since the epoch. */
  readonly created: number
}

export const parseStepRecord = (value: unknown): StepRecord => {
  if (typeof value === 'object' && value !== null && 'layers' in value && Array.isArray(value.layers)) {
    if (value.layers.every((id) => typeof id === 'string')) return value as StepRecord
  }
  throw new AppError('bad-record', 'parse step record: layers is not a list of ids')
}

/** Characters. The layers that a step stands on are in its result already. */
const longest = 1000

const shortened = ({ name, value }: KeyComponent): KeyComponent => ({
  name,
  value: value.length > longest ? digestOf(value) : value,
})

/** Results of earlier builds, kept in the store. A record whose layers are gone counts as absent. */
export const createStepCache = (options: {
  readonly table: Pick<RecordTable<StepRecord>, 'get' | 'put' | 'touch'>
  readonly snapshots: Pick<SnapshotStore, 'get'>
  readonly lease: Pick<Lease, 'hold'>
}): StepCache<StepResult> => {
  // A step has all layers of the one before it: each is looked at once, and stays, since it is held.
  const whole = new Set<LayerId>()
  const isWhole = (id: LayerId): boolean => {
    if (whole.has(id)) return true
    if (options.snapshots.get(id) === undefined) return false
    whole.add(id)
    return true
  }
  return {
    get: (key: CacheKey) => {
      const record = options.table.get(key)
      if (!record) return undefined
      // Held before it is looked at: from here on no prune takes it away.
      options.lease.hold(record.layers.filter((id) => !whole.has(id)))
      options.table.touch(key)
      if (!record.layers.every(isWhole)) return undefined
      return { stack: record.layers, created: record.created }
    },
    put: (key, { components, result, name, milliseconds }) =>
      options.table.put(key, {
        name,
        components: components.map(shortened),
        layers: result.stack,
        milliseconds,
        created: result.created ?? 0,
      }),
  }
}

import { randomBytes } from 'node:crypto'
import { InternalError } from '../../foundation/errors/index.ts'
import type { DiffId } from '../../foundation/oci/index.ts'
import type { LayerId, Lease, Stack } from '../../store/snapshot/index.ts'
import type { Store } from '../store.ts'
import type { CachedLayer } from './types.ts'

/**
 * Layers of caches as layers of this store: those that are here by their own ids, the others by ids made up for this build, which
 * the store does not know.
 */
export interface LayerNames {
  idOf(layer: CachedLayer): LayerId
  /** What a made-up id stands for. */
  remote(id: LayerId): CachedLayer | undefined
  diffIdOf(id: LayerId): Promise<DiffId>
  /** The layer's own id, undefined for one that has not come. */
  arrived(id: LayerId): LayerId | undefined
}

export const createLayerNames = ({ snapshots }: Pick<Store, 'snapshots'>, lease: Lease): LayerNames => {
  const made = new Map<LayerId, CachedLayer>()
  const byDiffId = new Map<DiffId, LayerId>()
  const here = (diffId: DiffId): LayerId | undefined => {
    const found = snapshots.findByDiffId(diffId)
    if (!found) return undefined
    // Held before it is looked at: from here on no prune takes it away.
    lease.hold([found.id])
    return snapshots.get(found.id)?.id
  }
  return {
    idOf: (layer) => {
      const known = here(layer.diffId) ?? byDiffId.get(layer.diffId)
      if (known) return known
      const id = randomBytes(16).toString('hex')
      if (!isLayerId(id)) throw new InternalError('name a layer: no id')
      made.set(id, layer)
      byDiffId.set(layer.diffId, id)
      return id
    },
    remote: (id) => made.get(id),
    diffIdOf: async (id) => made.get(id)?.diffId ?? (await snapshots.describe(id)).diffId,
    arrived: (id) => {
      const layer = made.get(id)
      return layer ? here(layer.diffId) : id
    },
  }
}

const isLayerId = (text: string): text is LayerId => /^[0-9a-f]{32}$/.test(text)

/** All of them as layers of the store. Throws for one that has not come. */
export const arrivedStack = (names: LayerNames, stack: Stack): Stack =>
  stack.map((id) => {
    const own = names.arrived(id)
    if (own) return own
    throw new InternalError(`use layer ${id}: it was not fetched`)
  })

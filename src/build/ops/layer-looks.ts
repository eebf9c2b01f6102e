import type { LayerId, SnapshotStore, Stack } from '../../store/snapshot/index.ts'

/** What a build has found out about the layers that its steps stand on. */
export interface LayerLooks {
  /** Are all of them in the store? One that is to be fetched from a cache elsewhere is not. */
  areHere(stack: Stack): boolean
  /** Those that came compressed, and cannot be looked into as they are; all others can. */
  compressedIn(stack: Stack): Stack
}

/**
 * A layer that can be looked into is looked at once: each step stands on all layers of the one before it, and what a build has seen
 * stays while its lease lasts.
 */
export const createLayerLooks = (snapshots: Pick<SnapshotStore, 'get'>): LayerLooks => {
  const open = new Set<LayerId>()
  const look = (id: LayerId): 'open' | 'compressed' | 'absent' => {
    if (open.has(id)) return 'open'
    const layer = snapshots.get(id)
    if (layer === undefined) return 'absent'
    if (layer.blob !== undefined && !layer.tree && layer.blob.digest !== layer.diffId) return 'compressed'
    open.add(id)
    return 'open'
  }
  return {
    areHere: (stack) => stack.every((id) => look(id) !== 'absent'),
    compressedIn: (stack) => stack.filter((id) => look(id) === 'compressed'),
  }
}

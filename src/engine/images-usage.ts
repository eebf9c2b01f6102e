import type { Digest } from '../foundation/oci/index.ts'
import type { LayerId } from '../store/snapshot/index.ts'
import type { ImageUsers } from './images-removal.ts'
import type { Store } from './store.ts'

/** One row of `tsbuild df`. Sizes are bytes on the disk. */
export interface UsageRow {
  readonly type: 'Images' | 'Build Cache' | 'Local Volumes' | 'Cache Mounts' | 'Unreferenced'
  readonly total: number
  readonly active: number
  readonly size: number
  readonly reclaimable: number
}

/** What takes the space: layers of images, layers that only the build cache has, and layers that a prune would free. */
export const storeUsage = (store: Store, usedBy: ImageUsers = () => []): readonly UsageRow[] => {
  const images = store.images.summaries()
  const named = new Set<Digest>(store.images.names().map(({ imageId }) => imageId))
  const active = new Set(images.filter((image) => usedBy(image).length > 0))
  const ofImages = new Set<LayerId>()
  const kept = new Set<LayerId>()
  for (const image of images)
    for (const id of image.stack) {
      ofImages.add(id)
      if (active.has(image) || named.has(image.id)) kept.add(id)
    }
  const ofSteps = new Set<LayerId>()
  let steps = 0
  for (const [, step] of store.steps.entries()) {
    steps++
    for (const id of step.layers) if (!ofImages.has(id)) ofSteps.add(id)
  }
  const sizes = store.snapshots.usages()
  const others = [...sizes.keys()].filter((id) => !ofImages.has(id) && !ofSteps.has(id))
  const sizeOf = (ids: Iterable<LayerId>): number =>
    [...ids].reduce((sum, id) => sum + (sizes.get(id) ?? 0), 0)
  const cache = sizeOf(ofSteps)
  const rest = sizeOf(others)
  return [
    {
      type: 'Images',
      total: images.length,
      active: active.size,
      size: sizeOf(ofImages),
      reclaimable: sizeOf([...ofImages].filter((id) => !kept.has(id))),
    },
    { type: 'Build Cache', total: steps, active: 0, size: cache, reclaimable: cache },
    cacheMountUsage(store),
    { type: 'Unreferenced', total: others.length, active: 0, size: rest, reclaimable: rest },
  ]
}

const cacheMountUsage = (store: Store): UsageRow => {
  const caches = store.cacheMounts.list()
  const sizeOf = (which: typeof caches): number => which.reduce((sum, { size }) => sum + size, 0)
  return {
    type: 'Cache Mounts',
    total: caches.length,
    active: caches.filter(({ inUse }) => inUse).length,
    size: sizeOf(caches),
    reclaimable: sizeOf(caches.filter(({ inUse }) => !inUse)),
  }
}

import { type Digest, parseReference } from '../foundation/oci/index.ts'
import type { Image } from '../store/image/index.ts'
import type { Held, LayerId, PruneRoots } from '../store/snapshot/index.ts'
import { namesByImage } from './images.ts'
import { isBeingMade } from './images-in-the-making.ts'
import { blobsOfIndex, indexedImages, pruneIndexes } from './images-indexes.ts'
import type { ImageUser, Removal } from './images-remove.ts'
import { dropFetched } from './prune-fetched.ts'
import type { Store } from './store.ts'

export interface PruneOptions {
  /** All images without a container and the whole build cache, not only nameless images. */
  readonly all: boolean
  /** Leave images or the build cache alone. */
  readonly only?: 'images' | 'cache'
  /** Images that may go, of those that would. */
  readonly filter?: (image: Image) => boolean
  /** Steps and cache mounts that nobody has used since: milliseconds since the epoch. */
  readonly unusedSince?: number
  /** The build cache is left to `collectCache`. */
  readonly keepCache?: boolean
  readonly usedBy?: (image: Image) => readonly ImageUser[]
}

export interface PruneReport {
  readonly removals: readonly Removal[]
  readonly layers: number
  readonly blobs: number
  /** Steps dropped from the build cache. */
  readonly steps: number
  /** Directories of cache mounts; only with `all`. */
  readonly cacheMounts: number
  /** Bytes. */
  readonly reclaimed: number
}

/** Removes images that nobody needs, then layers and blobs that no image, container, step or running command needs. */
export const pruneStore = async (store: Store, options: PruneOptions): Promise<PruneReport> => {
  // First, for on a full disk nothing else can be done: even a lock has to be written.
  store.snapshots.emptyTrash()
  const { dropHalfMade } = await import('./prune-half-made.ts')
  const { removals, steps } = await store.snapshots.quietly((held) => {
    dropHalfMade(store.root, held)
    return {
      removals: options.only === 'cache' ? [] : removeImages(store, options, held),
      steps: options.only === 'images' ? 0 : dropSteps(store, options),
    }
  })
  const dropsMounts = options.all && options.only !== 'images' && !options.keepCache
  if (dropsMounts && options.unusedSince === undefined) dropFetched(store.root)
  const { unusedSince } = options
  const caches = dropsMounts
    ? await store.cacheMounts.prune(unusedSince === undefined ? {} : { unusedSince })
    : []
  const freed = await freeUnreferenced(store)
  const reclaimed = caches.reduce((sum, cache) => sum + cache.size, freed.reclaimed)
  return { removals, steps, cacheMounts: caches.length, ...freed, reclaimed }
}

const removeImages = (store: Store, options: PruneOptions, held: Held): readonly Removal[] => {
  const usedBy: UsersOf = (image) => [
    ...(options.usedBy?.(image) ?? []),
    // Kept like one with a container: somebody is about to give it a name, or it is not asked for.
    ...(isBeingMade(store, image, held) || options.filter?.(image) === false
      ? [{ container: '', running: false }]
      : []),
  ]
  const removals = [...pruneIndexes(store.images, { ...options, usedBy })]
  const names = namesByImage(store.images)
  const indexed = indexedImages(store.images)
  for (const image of store.images.list()) {
    const own = names.get(image.id) ?? []
    if (indexed.has(image.id) || (own.length > 0 && !options.all) || usedBy(image).length > 0) continue
    store.images.remove(image)
    removals.push(...own.map((name): Removal => ({ kind: 'untagged', name })), {
      kind: 'deleted',
      id: image.id,
    })
  }
  for (const record of store.images.names()) {
    // A name whose image lost a part leads nowhere.
    const name = parseReference(record.name)
    if (!store.images.resolve(record.name) && store.images.untag(name))
      removals.push({ kind: 'untagged', name })
  }
  return removals
}

type UsersOf = (image: Image) => readonly ImageUser[]

/** Drops steps whose layers are gone, or all of them that nobody has used of late. */
const dropSteps = (store: Store, { all, unusedSince, keepCache }: PruneOptions): number => {
  let count = 0
  for (const [key, step] of [...store.steps.entries()]) {
    const isOld = unusedSince === undefined || (store.steps.usedAt(key) ?? 0) < unusedSince
    const isWanted = !all || !isOld || keepCache === true
    if (isWanted && step.layers.every((id) => store.snapshots.get(id))) continue
    store.steps.remove(key)
    count++
  }
  return count
}

/** Frees layers and blobs that nothing refers to, and empties the trash. */
export const freeUnreferenced = async (
  store: Store,
): Promise<Omit<PruneReport, 'removals' | 'steps' | 'cacheMounts'>> => {
  // First, for on a full disk nothing else can be done: even a lock has to be written.
  store.snapshots.emptyTrash()
  const candidates = unreferencedTrees(store)
  const before = blobBytes(store)
  const dropped = await store.snapshots.pruneUnreferenced(() => rootsOf(store))
  let trees = 0
  for (const [id, bytes] of candidates) if (!store.snapshots.get(id)) trees += bytes
  const reclaimed = trees + Math.max(0, before - blobBytes(store))
  store.snapshots.emptyTrash()
  return { ...dropped, reclaimed }
}

/** What images and the build cache refer to. */
const rootsOf = (store: Store): PruneRoots => {
  const { layersInUse, blobsInUse } = rootsOfImages(store)
  for (const [, step] of store.steps.entries()) for (const id of step.layers) layersInUse.add(id)
  return { layersInUse, blobsInUse }
}

/** Layers that stay when the whole build cache is forgotten: of images, of containers, and those that running commands hold. */
export const neededLayers = (store: Store): ReadonlySet<LayerId> =>
  new Set([...rootsOfImages(store).layersInUse, ...store.snapshots.heldLayers()])

const rootsOfImages = (
  store: Store,
): { readonly layersInUse: Set<LayerId>; readonly blobsInUse: Set<Digest> } => {
  const layersInUse = new Set<LayerId>()
  const blobsInUse = new Set<Digest>()
  for (const image of store.images.list()) {
    for (const id of image.stack) layersInUse.add(id)
    blobsInUse.add(image.id).add(image.manifest.digest)
  }
  // Names keep the manifests that they were given, when the image has got another one since.
  for (const { manifest } of store.images.names()) blobsInUse.add(manifest.digest)
  for (const index of store.images.indexes()) {
    for (const { image } of index.images) for (const id of image.stack) layersInUse.add(id)
    for (const digest of blobsOfIndex(index)) blobsInUse.add(digest)
  }
  return { layersInUse, blobsInUse }
}

/** Bytes of the unpacked form of each layer that may be dropped. */
const unreferencedTrees = (store: Store): ReadonlyMap<LayerId, number> => {
  const { layersInUse } = rootsOf(store)
  const found = new Map<LayerId, number>()
  for (const layer of store.snapshots.list()) {
    if (layersInUse.has(layer.id)) continue
    found.set(layer.id, Math.max(0, store.snapshots.usage(layer.id) - (layer.blob?.size ?? 0)))
  }
  return found
}

const blobBytes = (store: Store): number => {
  let sum = 0
  for (const blob of store.content.list()) sum += blob.size
  return sum
}

/** One row of `tsbuild df`. Sizes are bytes on the disk. */
export interface UsageRow {
  readonly type: 'Images' | 'Build Cache' | 'Local Volumes' | 'Cache Mounts' | 'Unreferenced'
  readonly total: number
  readonly active: number
  readonly size: number
  readonly reclaimable: number
}

/** What takes the space: layers of images, layers that only the build cache has, and layers that a prune would free. */
export const storeUsage = (
  store: Store,
  usedBy: (image: Image) => readonly ImageUser[] = () => [],
): readonly UsageRow[] => {
  const images = store.images.list()
  const named = namesByImage(store.images)
  const active = images.filter((image) => usedBy(image).length > 0)
  const kept = new Set(images.filter((i) => active.includes(i) || named.has(i.id)).flatMap((i) => i.stack))
  const ofImages = new Set(images.flatMap((image) => image.stack))
  const ofSteps = new Set<LayerId>()
  let steps = 0
  for (const [, step] of store.steps.entries()) {
    steps++
    for (const id of step.layers) if (!ofImages.has(id)) ofSteps.add(id)
  }
  const others = [...store.snapshots.list()]
    .map((l) => l.id)
    .filter((id) => !ofImages.has(id) && !ofSteps.has(id))
  const sizeOf = (ids: Iterable<LayerId>): number =>
    [...ids].reduce((sum, id) => sum + store.snapshots.usage(id), 0)
  const cache = sizeOf(ofSteps)
  const rest = sizeOf(others)
  return [
    {
      type: 'Images',
      total: images.length,
      active: active.length,
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

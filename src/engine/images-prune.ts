import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../foundation/errors/index.ts'
import { type Digest, type HostPath, parseReference } from '../foundation/oci/index.ts'
import { randomName } from '../foundation/sys/index.ts'
import type { Image } from '../store/image/index.ts'
import type { Held, LayerId, LayerRecord, PruneRoots } from '../store/snapshot/index.ts'
import type { StepRecord } from './build/step-cache.ts'
import { namesByImage } from './images.ts'
import { isBeingMade } from './images-in-the-making.ts'
import { blobsOfIndex, indexedImages, pruneIndexes } from './images-indexes.ts'
import type { ImageUsers, Removal } from './images-removal.ts'
import { dropFetched } from './prune-fetched.ts'
import { listsIn, runsIn, type Store } from './store.ts'

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
  readonly usedBy?: ImageUsers
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
  // A run that is written down has what its flags said: a password, perhaps, of a container that is long gone.
  for (const notes of [listsIn, runsIn]) dropNotes(store.root, notes(store.root))
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

/** Out of the way first, or a run or build that ends now would write another note where one is being removed. */
const dropNotes = (root: HostPath, directory: HostPath): void => {
  const aside = join(root, 'trash', randomName())
  try {
    mkdirSync(join(root, 'trash'), { recursive: true, mode: 0o700 })
    renameSync(directory, aside)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT') return
    // On a full disk there may be no room for the new name, and nobody can write a note.
    if (errno !== 'ENOSPC' && errno !== 'EDQUOT') throw error
    rmSync(directory, { recursive: true, force: true })
  }
  rmSync(aside, { recursive: true, force: true })
}

const removeImages = (store: Store, options: PruneOptions, held: Held): readonly Removal[] => {
  const usedBy: ImageUsers = (image) => [
    ...(options.usedBy?.(image) ?? []),
    // Kept like one with a container: somebody is about to give it a name, or it is not asked for.
    ...(isBeingMade(store, image, held) || !isMeant(store, options, image)
      ? [{ container: '', running: false }]
      : []),
  ]
  const removals = [...pruneIndexes(store.images, { ...options, usedBy })]
  const records = store.images.names()
  const names = namesByImage(records)
  const indexed = indexedImages(store.images)
  const whole = new Map(store.images.summaries().map((image) => [image.id, image]))
  const gone = [...whole.values()].filter(
    ({ id }) =>
      !indexed.has(id) && (options.all || (names.get(id) ?? []).length === 0) && usedBy({ id }).length === 0,
  )
  store.images.removeAll(gone)
  for (const { id } of gone) {
    removals.push(...(names.get(id) ?? []).map((name): Removal => ({ kind: 'untagged', name })))
    removals.push({ kind: 'deleted', id })
    whole.delete(id)
  }
  for (const { name: text, imageId, index } of records) {
    if (index === undefined && whole.has(imageId)) continue
    // A name whose image lost a part leads nowhere.
    const name = parseReference(text)
    if (!store.images.resolve(text) && store.images.untag(name)) removals.push({ kind: 'untagged', name })
  }
  return removals
}

/** What has lost its config cannot be told. */
const isMeant = ({ images }: Store, { filter }: PruneOptions, { id }: { readonly id: Digest }): boolean => {
  if (!filter) return true
  const image = images.resolve(id)
  return image !== undefined && filter(image)
}

/** Drops steps whose layers are gone, or all of them that nobody has used of late. */
const dropSteps = (store: Store, { all, unusedSince, keepCache }: PruneOptions): number => {
  let layers: ReadonlySet<LayerId> | undefined
  const isWhole = ({ layers: needed }: StepRecord): boolean => {
    layers ??= new Set([...store.snapshots.list()].map(({ id }) => id))
    return needed.every((id) => layers?.has(id))
  }
  let count = 0
  for (const [key, step] of [...store.steps.entries()]) {
    const isOld = unusedSince === undefined || (store.steps.usedAt(key) ?? 0) < unusedSince
    const isWanted = !all || !isOld || keepCache === true
    if (isWanted && isWhole(step)) continue
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
  const { layers, blobs, bytes } = await store.snapshots.pruneUnreferenced((layers) => rootsOf(store, layers))
  store.snapshots.emptyTrash()
  return { layers, blobs, reclaimed: bytes }
}

/** What images and the build cache refer to. */
const rootsOf = (store: Store, layers: readonly LayerRecord[]): PruneRoots => {
  const { layersInUse, blobsInUse } = rootsOfImages(store, layers)
  for (const [, step] of store.steps.entries()) for (const id of step.layers) layersInUse.add(id)
  return { layersInUse, blobsInUse }
}

/** Layers that stay when the whole build cache is forgotten: of images, of containers, and those that running commands hold. */
export const neededLayers = (store: Store): ReadonlySet<LayerId> =>
  new Set([...rootsOfImages(store).layersInUse, ...store.snapshots.heldLayers()])

const rootsOfImages = (
  store: Store,
  layers?: readonly LayerRecord[],
): { readonly layersInUse: Set<LayerId>; readonly blobsInUse: Set<Digest> } => {
  const layersInUse = new Set<LayerId>()
  const blobsInUse = new Set<Digest>()
  for (const image of store.images.summaries(layers)) {
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

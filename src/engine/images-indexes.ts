import { type Digest, parseReference, type Reference } from '../foundation/oci/index.ts'
import type { ImageIndex, ImageStore } from '../store/image/index.ts'
import type { ImageUsers, Removal } from './images-removal.ts'

/** Names that stand for the index. */
export const namesOfIndex = (images: ImageStore, index: ImageIndex): readonly Reference[] =>
  images
    .names()
    .flatMap((name) => (name.index?.digest === index.descriptor.digest ? [parseReference(name.name)] : []))

/** Ids of all images that belong to an index: without a name of their own they are not left over. */
export const indexedImages = (images: ImageStore): ReadonlySet<Digest> =>
  new Set(images.indexes().flatMap((index) => index.images.map(({ image }) => image.id)))

/** Everything that an index needs to stay whole: its document, attestations, and the documents of its images. */
export const blobsOfIndex = (index: ImageIndex): readonly Digest[] => [
  index.descriptor.digest,
  ...index.artifacts,
  ...index.images.flatMap(({ image }) => [image.id, image.manifest.digest]),
]

/**
 * Removes an index, its names, and those of its images that have no name of their own, no container and no other index.
 * What was done, in order.
 */
export const removeIndex = (
  images: ImageStore,
  index: ImageIndex,
  usedBy: ImageUsers,
): readonly Removal[] => {
  const names = namesOfIndex(images, index)
  images.removeIndex(index)
  const elsewhere = indexedImages(images)
  const named = new Set(images.names().map((name) => name.imageId))
  const orphans = new Map(index.images.map(({ image }) => [image.id, image]))
  const removed = [...orphans.values()].filter(
    (image) => !elsewhere.has(image.id) && !named.has(image.id) && usedBy(image).length === 0,
  )
  for (const image of removed) images.remove(image)
  return [
    ...names.map((name): Removal => ({ kind: 'untagged', name })),
    { kind: 'deleted', id: index.descriptor.digest },
    ...removed.map(({ id }): Removal => ({ kind: 'deleted', id })),
  ]
}

/** Removes indexes that have no name, with `all` those that have one too; never one of which an image is in use. */
export const pruneIndexes = (
  images: ImageStore,
  options: { readonly all: boolean; readonly usedBy?: ImageUsers },
): readonly Removal[] => {
  const usedBy = options.usedBy ?? (() => [])
  return images.indexes().flatMap((index): readonly Removal[] => {
    const isUsed = index.images.some(({ image }) => usedBy(image).length > 0)
    if (isUsed || (!options.all && namesOfIndex(images, index).length > 0)) return []
    return removeIndex(images, index, usedBy)
  })
}

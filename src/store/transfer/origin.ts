import { type Descriptor, type Digest, type Manifest, parseReference } from '../../foundation/oci/index.ts'
import type { Image, ImageStore } from '../image/index.ts'
import type { Repository } from '../registry/index.ts'
import { fetchBlob } from './fetch-blob.ts'
import type { Transfer } from './types.ts'

/** Repositories that have this very manifest: it was pulled from there or pushed to there, alone or in an index. */
export const repositoriesOf = (images: ImageStore, digest: Digest): readonly Repository[] => {
  const indexes = new Set(
    images
      .indexes()
      .filter((index) => index.images.some(({ image }) => image.manifest.digest === digest))
      .map(({ descriptor }) => descriptor.digest),
  )
  return images.pins().flatMap(({ name }) => {
    const { registry, repository, digest: known } = parseReference(name)
    const isThere = known === digest || (known !== undefined && indexes.has(known))
    return isThere ? [{ registry, repository }] : []
  })
}

/**
 * Layers that the store had in another form when their image was pulled did not come: now the very blobs of the manifest are needed. False
 * where one of them cannot be had any more.
 */
export const fetchMissing = async (
  transfer: Transfer,
  image: Image,
  { layers }: Manifest,
): Promise<boolean> => {
  const { store } = transfer
  const { diff_ids: diffIds } = image.config.rootfs
  const missing = layers.flatMap((blob, position) => {
    const diffId = diffIds[position]
    // A tar that was dropped can be made again.
    const isHere = blob.digest === diffId || store.content.stat(blob.digest) !== undefined
    return isHere || diffId === undefined ? [] : [{ blob, diffId }]
  })
  if (missing.length === 0) return true
  const [from] = repositoriesOf(store.images, image.manifest.digest)
  if (from === undefined) return false
  try {
    for (const { blob, diffId } of missing) {
      await fetchBlob(transfer, from, blob)
      await store.snapshots.addLayer(blob, diffId)
    }
    return true
  } catch (error) {
    transfer.signal?.throwIfAborted()
    transfer.events({ kind: 'warning', message: notThere(from, missing, error) })
    return false
  }
}

const notThere = (
  { registry, repository }: Repository,
  missing: readonly { readonly blob: Descriptor }[],
  error: unknown,
): string =>
  `${missing.length} layers of the image as it was pulled are not here, and cannot be had from ` +
  `${registry}/${repository} (${error instanceof Error ? error.message : String(error)}): they are compressed again`

import type { Descriptor, DiffId } from '../../foundation/oci/index.ts'
import { ContentError } from '../content/index.ts'
import { indexBlob, indexChunks, type LayerTarResult } from '../layer/index.ts'
import { mismatch } from './layer-forms.ts'
import { layerOfTar } from './new-layer.ts'
import type { LayerRecord } from './types.ts'
import type { Workshop } from './workshop.ts'

/**
 * A layer from a blob of the content store. It is read once, for its DiffId and its index; nothing is unpacked.
 * A layer with the same DiffId that is here already is taken, and learns of the compressed blob.
 */
export const addLayer = async (shop: Workshop, blob: Descriptor, diffId?: DiffId): Promise<LayerRecord> => {
  checkBlob(shop, blob)
  const known = diffId && shop.layers.findByDiffId(diffId)
  if (known && isTarOf(blob, known.diffId)) return adopt(shop, known)
  return take(shop, blob, await indexBlob(shop.content.pathOf(blob.digest)), diffId)
}

/** `SnapshotStore.addLayerFrom`. */
export const addLayerFrom = async (
  shop: Workshop,
  chunks: AsyncIterable<Uint8Array>,
  { blob, diffId }: { readonly blob: Descriptor; readonly diffId: DiffId },
  arrived: Promise<unknown>,
): Promise<LayerRecord> => {
  const tar = await indexChunks(chunks)
  await arrived
  checkBlob(shop, blob)
  return take(shop, blob, tar, diffId)
}

const take = (shop: Workshop, blob: Descriptor, tar: LayerTarResult, diffId?: DiffId): LayerRecord => {
  if (diffId !== undefined && tar.diffId !== diffId) throw mismatch(blob, tar.diffId, diffId)
  const origin = isTarOf(blob, tar.diffId) ? undefined : plain(blob)
  const found = shop.layers.findByDiffId(tar.diffId)
  const layer = found ? adopt(shop, found, origin) : layerOfTar(shop, tar, origin)
  // Of a layer that has come in several compressions each is kept: images name them.
  if (origin && layer.blob?.digest !== origin.digest) shop.forms.add(tar.diffId, { blob: origin })
  return layer
}

const checkBlob = ({ content }: Workshop, { digest, size }: Descriptor): void => {
  const found = content.stat(digest)
  if (!found) throw new ContentError('blob-not-found', `add layer ${digest}: the blob is not in the store`)
  if (found.size !== size)
    throw new ContentError('size-mismatch', `add layer ${digest}: size ${found.size}, expected ${size}`)
}

const isTarOf = (blob: Descriptor, diffId: DiffId | undefined): boolean => blob.digest === diffId

/** The layer that is here already; a compressed blob is kept with it, so that a push sends the same bytes again. */
const adopt = (shop: Workshop, layer: LayerRecord, origin?: Descriptor): LayerRecord => {
  const stored = shop.layers.stored(layer.id)
  if (!stored) return layer
  const kept = stored.origin ?? origin
  return shop.layers.add({ ...stored, created: shop.now(), ...(kept ? { origin: kept } : {}) })
}

/** Without annotations, which belong to the manifest that the descriptor came from. */
const plain = ({ mediaType, digest, size }: Descriptor): Descriptor => ({ mediaType, digest, size })

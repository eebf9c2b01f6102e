import type { Descriptor, DiffId } from '../../foundation/oci/index.ts'
import { ContentError } from '../content/index.ts'
import { detectCompression, indexBlob, indexChunks, type LayerTarResult, startOf } from '../layer/index.ts'
import { mismatch } from './layer-forms.ts'
import { mayMountImages } from './mounts-images.ts'
import { layerOfTar } from './new-layer.ts'
import type { LayerRecord } from './types.ts'
import type { Workshop } from './workshop.ts'
import { isBetterMounted } from './worthwhile.ts'

/**
 * A layer from a blob of the content store. It is read once, for its DiffId, its index and, when it is large, its uncompressed tar.
 * A layer with the same DiffId that is here already is taken, and learns of the compressed blob.
 */
export const addLayer = async (shop: Workshop, blob: Descriptor, diffId?: DiffId): Promise<LayerRecord> => {
  checkBlob(shop, blob)
  const known = diffId && shop.layers.findByDiffId(diffId)
  if (known && isTarOf(blob, known.diffId)) return adopt(shop, known)
  const path = shop.content.pathOf(blob.digest)
  const isTar = detectCompression(startOf(path)) === 'none'
  const tar = await readBlob(shop, {
    isTar,
    read: (sink) => indexBlob(path, sink),
    check: async (found) => checkDiffId(blob, found, diffId),
  })
  return take(shop, blob, tar)
}

/** `SnapshotStore.addLayerFrom`. */
export const addLayerFrom = async (
  shop: Workshop,
  chunks: AsyncIterable<Uint8Array>,
  { blob, diffId }: { readonly blob: Descriptor; readonly diffId: DiffId },
  arrived: Promise<unknown>,
): Promise<LayerRecord> => {
  const tar = await readBlob(shop, {
    isTar: isTarOf(blob, diffId),
    read: (sink) => indexChunks(chunks, sink),
    check: async (found) => {
      await arrived
      checkBlob(shop, blob)
      checkDiffId(blob, found, diffId)
    },
  })
  return take(shop, blob, tar)
}

interface Reading {
  /** The blob is itself the tar. */
  readonly isTar: boolean
  readonly read: (options: { readonly tar?: (chunk: Uint8Array) => void }) => Promise<LayerTarResult>
  /** Throws for what is not what was promised: nothing of it stays. */
  readonly check: (tar: LayerTarResult) => Promise<void>
}

/** The first container or step would have to decompress a large layer again: its tar is written in the same pass. */
const readBlob = async (shop: Workshop, { isTar, read, check }: Reading): Promise<LayerTarResult> => {
  if (isTar || shop.images === 'never' || !mayMountImages(shop.paths)) {
    const tar = await read({})
    await check(tar)
    return tar
  }
  const ingest = shop.content.ingest({ hashed: true })
  try {
    const tar = await read({ tar: ingest.write })
    await check(tar)
    if (isBetterMounted(shop, { entries: tar.index.length, tarSize: tar.size }))
      ingest.commit({ digest: tar.diffId, size: tar.size })
    else ingest.abort()
    return tar
  } catch (error) {
    ingest.abort()
    throw error
  }
}

const take = (shop: Workshop, blob: Descriptor, tar: LayerTarResult): LayerRecord => {
  const origin = isTarOf(blob, tar.diffId) ? undefined : plain(blob)
  const found = shop.layers.findByDiffId(tar.diffId)
  const layer = found ? adopt(shop, found, origin) : layerOfTar(shop, tar, origin)
  // Of a layer that has come in several compressions each is kept: images name them.
  if (origin && layer.blob?.digest !== origin.digest) shop.forms.add(tar.diffId, { blob: origin })
  return layer
}

const checkDiffId = (blob: Descriptor, tar: LayerTarResult, diffId: DiffId | undefined): void => {
  if (diffId !== undefined && tar.diffId !== diffId) throw mismatch(blob, tar.diffId, diffId)
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

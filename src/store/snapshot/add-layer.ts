import { createReadStream } from 'node:fs'
import { errnoOf } from '../../foundation/errors/index.ts'
import { type Descriptor, type DiffId, parseDiffId } from '../../foundation/oci/index.ts'
import { ContentError, storeFailure } from '../content/index.ts'
import {
  decodeIndex,
  decompressedIndexOf,
  detectCompression,
  indexChunks,
  inflateTar,
  type LayerTarResult,
  peekCompression,
  startOf,
} from '../layer/index.ts'
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
export const addLayer = async (
  shop: Workshop,
  blob: Descriptor,
  diffId?: DiffId,
  { hashed = false }: { readonly hashed?: boolean } = {},
): Promise<LayerRecord> => {
  checkBlob(shop, blob)
  const known = diffId && shop.layers.findByDiffId(diffId)
  if (known && isTarOf(blob, known.diffId)) return adopt(shop, known)
  const plain = hashed ? hashedTar(shop, blob) : undefined
  if (plain) {
    checkDiffId(blob, plain, diffId)
    return take(shop, blob, plain)
  }
  const chunks = createReadStream(shop.content.pathOf(blob.digest), { highWaterMark: readSize })
  try {
    return take(
      shop,
      blob,
      await readBlob(shop, blob, { chunks, check: (tar) => checkDiffId(blob, tar, diffId) }),
    )
  } finally {
    chunks.destroy()
  }
}

const readSize = 256 * 1024

/** What an uncompressed blob is whose digest has just been checked: that is its DiffId. Undefined for compressed ones. */
const hashedTar = ({ content }: Workshop, { digest, size }: Descriptor): LayerTarResult | undefined => {
  const path = content.pathOf(digest)
  if (detectCompression(startOf(path)) !== 'none') return undefined
  return { diffId: parseDiffId(digest), size, index: decompressedIndexOf(path) }
}

/** `SnapshotStore.addLayerFrom`. */
export const addLayerFrom = async (
  shop: Workshop,
  chunks: AsyncIterable<Uint8Array>,
  { blob, diffId }: { readonly blob: Descriptor; readonly diffId: DiffId },
  arrived: Promise<unknown>,
): Promise<LayerRecord> => {
  const check = async (found: LayerTarResult): Promise<void> => {
    await arrived
    checkBlob(shop, blob)
    checkDiffId(blob, found, diffId)
  }
  return take(shop, blob, await readBlob(shop, blob, { chunks, check }))
}

interface Reading {
  readonly chunks: AsyncIterable<Uint8Array>
  /** Throws for what is not what was promised: nothing of it stays. */
  readonly check: (tar: LayerTarResult) => Promise<void> | void
}

/** The first container or step would have to decompress a large layer again: its tar is written in the same pass. */
const readBlob = async (
  shop: Workshop,
  { size }: Descriptor,
  { chunks, check }: Reading,
): Promise<LayerTarResult> => {
  const { compression, rest } = await peekCompression(chunks)
  if (compression === 'none' || shop.images === 'never' || !mayMountImages(shop.paths)) {
    const tar = await indexChunks(rest)
    await check(tar)
    return tar
  }
  const ingest = shop.content.ingest({ hashed: true })
  try {
    const tar =
      compression === 'gzip' && size >= worthAHelper
        ? await inflateTar(rest, { size, out: ingest.descriptor() })
        : await indexChunks(rest, { tar: ingest.write })
    await check(tar)
    if (isBetterMounted(shop, { entries: countOf(tar), tarSize: tar.size }))
      ingest.commit({ digest: tar.diffId, size: tar.size })
    else ingest.abort()
    return tar
  } catch (error) {
    ingest.abort()
    throw errnoOf(error) === undefined ? error : storeFailure('write blob', error)
  }
}

/** Makes no objects of the entries. */
const countOf = (tar: LayerTarResult): number =>
  tar.encoded ? decodeIndex(tar.encoded.bytes).count : tar.index.length

/** Bytes of a blob from which on starting a process for it pays. */
const worthAHelper = 32 * 1024

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

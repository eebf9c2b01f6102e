import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { errnoOf } from '../../foundation/errors/index.ts'
import { type Descriptor, type DiffId, type HostPath, mediaType } from '../../foundation/oci/index.ts'
import {
  applyBlob,
  applyTar,
  decompress,
  decompressedIndexOf,
  detectCompression,
  type IndexEntry,
  treeEntries,
} from '../layer/index.ts'
import { layerNotFound, SnapshotError } from './errors.ts'
import { patchedOf, wholeTar, wholeTarNow } from './patched.ts'
import { layerPaths } from './store-paths.ts'
import type { LayerRecord } from './types.ts'
import type { Workshop } from './workshop.ts'

/** As much of the workshop as reading a layer takes. */
export type LayerShop = Pick<Workshop, 'paths' | 'content' | 'layers'>

/** Unpacks whatever blob the layer has into an empty directory; its index. */
export const unpackInto = async (
  shop: Workshop,
  layer: LayerRecord,
  directory: HostPath,
  signal?: AbortSignal,
): Promise<readonly IndexEntry[]> => {
  const tar = await tarOrPatched(shop, layer)
  if (tar) return applyTar(shop.content.pathOf(tar.digest), directory)
  if (!layer.blob) throw layerNotFound(layer.id)
  const read = await applyBlob(shop.content.pathOf(layer.blob.digest), directory, signal ? { signal } : {})
  if (layer.diffId !== undefined && read.diffId !== layer.diffId)
    throw mismatch(layer.blob, read.diffId, layer.diffId)
  return read.index
}

/** The uncompressed tar, made when the layer has a patch. */
const tarOrPatched = async (shop: LayerShop, layer: LayerRecord): Promise<Descriptor | undefined> => {
  const tar = shop.layers.tarBlob(layer)
  const patched = tar ? undefined : patchedOf(shop, layer)
  return patched ? wholeTar(shop, layer, patched) : tar
}

/** The index that belongs to a layer, from the form that is quickest to read. */
export const indexEntriesOf = (shop: LayerShop, layer: LayerRecord): readonly IndexEntry[] => {
  const tar = shop.layers.tarBlob(layer)
  if (tar) return decompressedIndexOf(shop.content.pathOf(tar.digest))
  const { tree } = layerPaths(shop.paths, layer.id)
  if (layer.tree) return treeEntries(tree, { root: shop.layers.stored(layer.id)?.root !== undefined })
  return decompressedIndexOf(shop.content.pathOf(tarNow(shop, layer).digest))
}

/** Adds the uncompressed form of a compressed blob to the content store. */
export const decompressBlob = async (
  shop: Workshop,
  blob: Descriptor,
  diffId: DiffId,
  signal?: AbortSignal,
): Promise<Descriptor> => {
  const ingest = shop.content.ingest()
  try {
    for await (const chunk of decompress(shop.content.pathOf(blob.digest), signal ? { signal } : {}))
      ingest.write(chunk)
    const { size } = ingest.commit({ digest: diffId })
    return { mediaType: mediaType.layer, digest: diffId, size }
  } catch (error) {
    ingest.abort()
    throw error
  }
}

/** The uncompressed tar for a reader that cannot wait, made where it has to be; see `unzipNow`. */
export const tarNow = (shop: LayerShop, layer: LayerRecord): Descriptor => {
  const tar = shop.layers.tarBlob(layer)
  if (tar) return tar
  const patched = patchedOf(shop, layer)
  return patched ? wholeTarNow(shop, layer, patched) : unzipNow(shop, layer)
}

/** What one synchronous decompression may hold in memory. */
const synchronousLimit = 1024 * 1024 * 1024

/**
 * The same for a reader that cannot wait: a `FileTree` is synchronous. All of it is in memory for a moment, so whoever
 * is going to read files of a compressed layer calls `tarOf` or `view` first.
 */
const unzipNow = (shop: LayerShop, layer: LayerRecord): Descriptor => {
  if (!layer.blob || layer.diffId === undefined) throw layerNotFound(layer.id)
  const ingest = shop.content.ingest()
  try {
    ingest.write(gunzipWhole(readFileSync(shop.content.pathOf(layer.blob.digest)), layer.blob))
    const { size } = ingest.commit({ digest: layer.diffId })
    return { mediaType: mediaType.layer, digest: layer.diffId, size }
  } catch (error) {
    ingest.abort()
    throw error
  }
}

const gunzipWhole = (bytes: Uint8Array, { digest }: Descriptor): Uint8Array => {
  if (detectCompression(bytes) !== 'gzip') throw notReady(digest)
  try {
    return gunzipSync(bytes, { maxOutputLength: synchronousLimit })
  } catch (error) {
    throw errnoOf(error) === 'ERR_BUFFER_TOO_LARGE' ? notReady(digest) : error
  }
}

const notReady = (blob: string): SnapshotError =>
  new SnapshotError(
    'layer-not-ready',
    `read a file of layer blob ${blob}: it is compressed and has to be unpacked first`,
    {
      hint: 'run the image once, or export it, and try again',
    },
  )

export const mismatch = (blob: Descriptor, found: DiffId, expected: DiffId): SnapshotError =>
  new SnapshotError(
    'layer-mismatch',
    `add layer ${blob.digest}: it unpacks to ${found}, expected ${expected}`,
    {
      hint: 'the image is damaged or was tampered with; get it again from where it came',
    },
  )

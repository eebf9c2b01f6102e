import {
  canonicalJson,
  type Descriptor,
  type HostPath,
  type Manifest,
  mediaType,
  parseManifest,
} from '../../foundation/oci/index.ts'
import { defaultCompression, type LayerCompression } from '../compression/index.ts'
import { describeBytes, type Image } from '../image/index.ts'
import type { LayerId } from '../snapshot/index.ts'
import { TransferError } from './errors.ts'
import { fetchMissing, repositoriesOf } from './origin.ts'
import type { PushOptions, Transfer } from './types.ts'

/** How the layers of an image go out: its own documents, or new ones with compressed layers. */
export type Outgoing =
  | { readonly kind: 'as-it-is'; readonly manifest: Manifest; readonly raw: Buffer }
  | { readonly kind: 'compress'; readonly manifest: Manifest; readonly compression: LayerCompression }

/**
 * Documents that came from elsewhere stay as they are, to the byte, as long as the store has the blobs that they name and nobody asks for
 * another form. An image made here names uncompressed layers: it goes out compressed.
 */
export const planImage = async (
  transfer: Transfer,
  image: Image,
  options: PushOptions,
): Promise<Outgoing> => {
  const { store } = transfer
  const raw = store.content.read(image.manifest.digest)
  const manifest = parseManifest(raw.toString('utf8'))
  const { compression, force = false } = options
  const isPlain =
    manifest.layers.length > 0 && manifest.layers.every((layer) => layer.mediaType === mediaType.layer)
  const wantsOther =
    force ||
    (isPlain &&
      (compression
        ? compression.kind !== 'none'
        : repositoriesOf(store.images, image.manifest.digest).length === 0))
  if (!wantsOther && (await fetchMissing(transfer, image, manifest)))
    return { kind: 'as-it-is', manifest, raw }
  return { kind: 'compress', manifest, compression: compression ?? defaultCompression }
}

/** The blob of one layer of an image whose documents stay as they are. */
export const layerAsItIs = async (
  { store }: Transfer,
  image: Image,
  position: number,
  blob: Descriptor,
): Promise<Descriptor & { readonly path: HostPath }> => {
  const id = image.stack[position]
  if (store.content.stat(blob.digest) === undefined && id !== undefined) await store.snapshots.tarOf(id)
  return { ...blob, path: store.content.pathOf(blob.digest) }
}

/**
 * One layer in a form to send: as it came, where it came compressed (unless that is not enough), else compressed now or earlier.
 * Media types are those of OCI.
 */
export const compressedLayer = async (
  { store, signal, events }: Pick<Transfer, 'store' | 'signal' | 'events'>,
  id: LayerId,
  compression: LayerCompression,
  force: boolean,
): Promise<Descriptor & { readonly path: HostPath }> => {
  const layer = store.snapshots.get(id)
  const came = layer?.blob && layer.blob.digest !== layer.diffId ? layer.blob : undefined
  if (came && !force) {
    const { digest, size } = came
    return { mediaType: ociType(came.mediaType), digest, size, path: store.content.pathOf(digest) }
  }
  // What has been compressed once is remembered, as a rule the same way.
  if (layer?.diffId !== undefined && store.snapshots.formsOf(id).length === 0)
    events({ kind: 'layer', digest: layer.diffId, state: 'preparing', size: layer.tarSize ?? 0 })
  const { mediaType: type, digest, size, path } = await store.snapshots.compressedOf(id, compression, signal)
  return { mediaType: type, digest, size, path }
}

/** The name that OCI has for what docker calls otherwise. */
const ociType = (type: string): string => {
  if (/(?:[.+])gzip$/.test(type)) return mediaType.layerGzip
  if (/(?:[.+])zstd$/.test(type)) return mediaType.layerZstd
  return mediaType.layer
}

/** The manifest of an image whose layers go out in these forms. */
export const manifestOf = (
  { store }: Pick<Transfer, 'store'>,
  image: Image,
  { annotations }: Manifest,
  layers: readonly Descriptor[],
): { readonly descriptor: Descriptor; readonly manifest: Manifest; readonly raw: Buffer } => {
  const size = store.content.stat(image.id)?.size
  if (size === undefined) throw new TransferError('incomplete-image', `push ${image.id}: its config is gone`)
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaType.manifest,
    config: { mediaType: mediaType.config, digest: image.id, size },
    layers: layers.map(({ mediaType: type, digest, size: bytes }) => ({
      mediaType: type,
      digest,
      size: bytes,
    })),
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
  }
  const raw = Buffer.from(canonicalJson(manifest))
  return { descriptor: describeBytes(mediaType.manifest, raw), manifest, raw }
}

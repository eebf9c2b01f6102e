import {
  canonicalJson,
  type Descriptor,
  type DiffId,
  digestOf,
  type ImageConfig,
  type Index,
  type Manifest,
  mediaType,
} from '../../foundation/oci/index.ts'
import { checkHistory } from './history.ts'

/** The documents of an image and their exact bytes. */
export interface ImageDocuments {
  readonly config: ImageConfig
  readonly manifest: Manifest
  readonly raw: { readonly config: Uint8Array; readonly manifest: Uint8Array }
}

/** One layer as far as the documents name it: the digest of its uncompressed tar and that tar's bytes. */
export interface AssembledLayer {
  readonly diffId: DiffId
  readonly tarSize: number
}

/**
 * Config and manifest of an image, in canonical JSON: equal inputs give equal digests. Layers are named as uncompressed
 * tars, whose digest is their DiffId. Throws `bad-history`.
 */
export const assembleImage = (
  config: Omit<ImageConfig, 'rootfs'>,
  layers: readonly AssembledLayer[],
  annotations?: Readonly<Record<string, string>>,
): ImageDocuments => {
  const whole: ImageConfig = { ...config, rootfs: { type: 'layers', diff_ids: layers.map((l) => l.diffId) } }
  checkHistory(whole)
  const rawConfig = Buffer.from(canonicalJson(whole))
  const manifest = assembleManifest(rawConfig, layers, annotations)
  return {
    config: whole,
    manifest,
    raw: { config: rawConfig, manifest: Buffer.from(canonicalJson(manifest)) },
  }
}

/** The manifest alone, for a config whose bytes are given (an image from a docker archive keeps its id). */
export const assembleManifest = (
  rawConfig: Uint8Array,
  layers: readonly AssembledLayer[],
  annotations?: Readonly<Record<string, string>>,
): Manifest => ({
  schemaVersion: 2,
  mediaType: mediaType.manifest,
  config: describeBytes(mediaType.config, rawConfig),
  layers: layers.map((l) => ({ mediaType: mediaType.layer, digest: l.diffId, size: l.tarSize })),
  ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
})

/**
 * The bytes of an index in canonical JSON: equal inputs give equal digests. Entries come in the order in which they are given.
 */
export const assembleIndex = (
  manifests: readonly Descriptor[],
  annotations: Readonly<Record<string, string>> = {},
): Buffer => {
  const index: Index = {
    schemaVersion: 2,
    mediaType: mediaType.index,
    manifests,
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  }
  return Buffer.from(canonicalJson(index))
}

/** Descriptor of a document. */
export const describeBytes = (type: string, bytes: Uint8Array): Descriptor => ({
  mediaType: type,
  digest: digestOf(bytes),
  size: bytes.length,
})

import {
  canonicalJson,
  type Descriptor,
  type DiffId,
  digestOf,
  type ImageConfig,
  type Manifest,
  mediaType,
} from '../../foundation/oci/index.ts'
import { type CacheMediaType, signatureAnnotation } from './document.ts'
import type { SignedDocument } from './types.ts'

/** The manifest of a cache: that of an image to registries, with records in the place of a config. */
export const cacheManifest = (
  { bytes, signature }: SignedDocument,
  layers: readonly Descriptor[],
  type: CacheMediaType,
): { readonly config: Descriptor; readonly raw: Buffer } => {
  const config = { mediaType: type, digest: digestOf(bytes), size: bytes.length }
  const raw = canonicalJson({
    schemaVersion: 2,
    mediaType: mediaType.manifest,
    artifactType: type,
    config,
    layers: layers.map(({ mediaType: form, digest, size }) => ({ mediaType: form, digest, size })),
    ...(signature === undefined ? {} : { annotations: { [signatureAnnotation]: signature } }),
  })
  return { config, raw: Buffer.from(raw) }
}

/** Is the manifest that of a cache of this kind, and not of an image? */
export const isCacheManifest = ({ config }: Manifest, type: CacheMediaType): boolean =>
  config.mediaType === type

export const signatureOf = ({ annotations }: Manifest): string | undefined =>
  annotations?.[signatureAnnotation]

/** The blobs of an image's layers by what they unpack to. */
export const blobsByDiffId = (
  { layers }: Manifest,
  { rootfs }: ImageConfig,
): ReadonlyMap<DiffId, Descriptor> =>
  new Map(
    rootfs.diff_ids.flatMap((diffId, position) => {
      const blob = layers[position]
      return blob ? [[diffId, blob] as const] : []
    }),
  )

import {
  type Descriptor,
  digestOf,
  formatReference,
  hostPlatform,
  type Manifest,
  mediaType,
  parseImageConfig,
  parseIndex,
  parseManifest,
  parseReference,
  pickPlatform,
  type Reference,
} from '../../foundation/oci/index.ts'
import { createBlobSender, pullLayer, type Transfer } from '../../store/transfer/index.ts'
import { type CacheMediaType, cacheLimits, cacheMediaType, inlineAnnotation } from './document.ts'
import { BuildCacheError } from './errors.ts'
import { unpackInline } from './inline.ts'
import { blobsByDiffId, cacheManifest, isCacheManifest, signatureOf } from './manifest.ts'
import type { CachePlace, CacheSink } from './types.ts'

/** A cache in a registry. `transfer` stays open as long as layers may be fetched. */
export const registryPlace = (transfer: Transfer, reference: string, type: CacheMediaType): CachePlace => {
  const name = parseReference(reference)
  const shown = formatReference(name)
  return {
    shown,
    read: async () => {
      const manifest = await readManifest(transfer, name)
      if (!manifest) return undefined
      const inline = type === cacheMediaType ? manifest.annotations?.[inlineAnnotation] : undefined
      if (!isCacheManifest(manifest, type) && inline === undefined) return undefined
      if (manifest.config.size > cacheLimits.document)
        throw new BuildCacheError('bad-cache', `read the cache ${shown}: its records are too large`)
      const config = await readSmall(transfer, name, manifest.config, shown)
      const signature = signatureOf(manifest)
      if (isCacheManifest(manifest, type)) return { bytes: config, signature }
      const blobs = blobsByDiffId(manifest, parseImageConfig(config.toString('utf8')))
      return { bytes: unpackInline(inline ?? '', shown), signature, blobs }
    },
    fetch: async ({ blob, diffId }, signal) => {
      await pullLayer({ ...transfer, signal }, name, blob, diffId)
    },
  }
}

/** Of an index the manifest for this machine. Undefined where there is none for it. */
const readManifest = async (
  { registry, signal }: Transfer,
  name: Reference,
): Promise<Manifest | undefined> => {
  const options = signal ? { signal } : {}
  const { descriptor, bytes } = await registry.manifest(name, options)
  if (descriptor.mediaType !== mediaType.index && descriptor.mediaType !== mediaType.dockerIndex)
    return parseManifest(bytes.toString('utf8'))
  const { manifests } = parseIndex(bytes.toString('utf8'))
  const chosen = pickPlatform(manifests, ({ platform }) => platform, hostPlatform())
  if (!chosen) return undefined
  const { registry: host, repository } = name
  const found = await registry.manifest({ registry: host, repository, digest: chosen.digest }, options)
  return parseManifest(found.bytes.toString('utf8'))
}

/** A blob that is small enough to be held, its digest checked. It does not go into the store. */
const readSmall = async (
  { registry, signal }: Transfer,
  name: Reference,
  blob: Descriptor,
  shown: string,
): Promise<Buffer> => {
  const chunks: Buffer[] = []
  await registry.blob(name, blob, (chunk) => chunks.push(Buffer.from(chunk)), signal ? { signal } : {})
  const bytes = Buffer.concat(chunks)
  if (digestOf(bytes) === blob.digest) return bytes
  throw new BuildCacheError(
    'bad-cache',
    `read the cache ${shown}: its records have another digest than promised`,
  )
}

/** Writes a cache to a registry; the tag is set last. */
export const registrySink = (transfer: Transfer, reference: string, type: CacheMediaType): CacheSink => {
  const to = parseReference(reference)
  const { registry, signal } = transfer
  const options = signal ? { signal } : {}
  const sender = createBlobSender(transfer, to)
  return {
    shown: formatReference(to),
    has: ({ digest }) => registry.hasBlob(to, digest, options),
    add: async (blob) => {
      await sender.send(blob)
    },
    finish: async (document, layers) => {
      const { config, raw } = cacheManifest(document, layers, type)
      if (!(await registry.hasBlob(to, config.digest, options)))
        await registry.pushBlob(to, config, { bytes: document.bytes }, options)
      await registry.pushManifest(to, { mediaType: mediaType.manifest, bytes: raw }, options)
    },
  }
}

import {
  type Descriptor,
  type ImageConfig,
  type Manifest,
  mediaType,
  parseImageConfig,
  parseManifest,
  type Reference,
} from '../../foundation/oci/index.ts'
import type { Repository } from '../registry/index.ts'
import { TransferError } from './errors.ts'
import { fetchBlob } from './fetch-blob.ts'
import type { Transfer } from './types.ts'

export const isIndex = ({ mediaType: type }: Descriptor): boolean =>
  type === mediaType.index || type === mediaType.dockerIndex

/** What says something about another manifest of the same index: no image to run. */
export const isAttestation = ({ platform, annotations }: Descriptor): boolean =>
  platform?.os === 'unknown' || annotations?.['vnd.docker.reference.type'] !== undefined

/** More than any config has. */
const maxConfig = 8 * 1024 * 1024

/** A manifest or index: from the store, where it is known already, else from the registry. */
export const documentOf = async (
  { store, registry, signal }: Transfer,
  name: Repository,
  { digest, size }: Descriptor,
): Promise<Buffer> => {
  if (store.content.stat(digest)?.size === size) return store.content.read(digest)
  const { registry: host, repository } = name
  const wanted: Reference = { registry: host, repository, digest }
  return (await registry.manifest(wanted, signal ? { signal } : {})).bytes
}

export interface ImageDocuments {
  readonly manifest: Manifest
  readonly config: ImageConfig
  readonly raw: { readonly manifest: Buffer; readonly config: Buffer }
}

/** Manifest and config of an image. Throws `not-an-image` for other artifacts, `bad-image` for what does not fit together. */
export const readImage = async (
  transfer: Transfer,
  name: Repository,
  descriptor: Descriptor,
): Promise<ImageDocuments> => {
  const rawManifest = await documentOf(transfer, name, descriptor)
  const manifest = parseManifest(rawManifest.toString('utf8'))
  checkIsImage(name, manifest)
  if (transfer.store.content.stat(manifest.config.digest) === undefined)
    await fetchBlob(transfer, name, manifest.config)
  const rawConfig = transfer.store.content.read(manifest.config.digest, maxConfig)
  const config = parseImageConfig(rawConfig.toString('utf8'))
  if (config.rootfs.diff_ids.length !== manifest.layers.length) {
    throw new TransferError(
      'bad-image',
      `read ${shown(name)}: its manifest has ${manifest.layers.length} layers, its config ${config.rootfs.diff_ids.length}`,
    )
  }
  return { manifest, config, raw: { manifest: rawManifest, config: rawConfig } }
}

const checkIsImage = (name: Repository, { config }: Manifest): void => {
  if (!configTypes.has(config.mediaType)) {
    throw new TransferError(
      'not-an-image',
      `read ${shown(name)}: it is a ${config.mediaType}, no container image`,
      {
        hint: 'artifacts of other kinds are fetched by the tools that they are made for',
      },
    )
  }
  if (config.size > maxConfig)
    throw new TransferError('bad-image', `read ${shown(name)}: its config has ${config.size} bytes`)
}

const configTypes: ReadonlySet<string> = new Set([mediaType.config, mediaType.dockerConfig])

export const shown = ({ registry, repository }: Repository): string => `${registry}/${repository}`

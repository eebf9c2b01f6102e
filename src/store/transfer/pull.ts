import {
  type Descriptor,
  type Digest,
  formatPlatform,
  hostPlatform,
  type Platform,
  parseIndex,
  parseManifest,
  pickPlatform,
  platformOf,
  type Reference,
} from '../../foundation/oci/index.ts'
import type { Image, ImageIndex } from '../image/index.ts'
import { RegistryError } from '../registry/index.ts'
import { chooseManifests } from './choose-manifests.ts'
import { documentOf, isAttestation, isIndex, readImage, shown } from './documents.ts'
import { TransferError } from './errors.ts'
import { fetchBlob } from './fetch-blob.ts'
import { pullLayers } from './pull-layers.ts'
import type { Pulled, PullOptions, Transfer } from './types.ts'

/**
 * Brings what a name stands for into the store and gives it that name. The name is asked for once; from then on everything goes by
 * digests, and the name is set last, when all is on the disk. Throws `TransferError`, `RegistryError`, and the store's errors.
 */
export const pullImage = async (
  transfer: Transfer,
  name: Reference,
  options: PullOptions = {},
): Promise<Pulled> => {
  const { store } = transfer
  const descriptor = await resolve(transfer, name)
  transfer.events({ kind: 'resolved', descriptor })
  const target = isIndex(descriptor)
    ? await pullIndex(transfer, name, descriptor, options)
    : await pullManifest(transfer, name, descriptor, options)
  const image = 'document' in target ? chosenOf(target, options) : target
  const pinned: Reference = {
    registry: name.registry,
    repository: name.repository,
    digest: descriptor.digest,
  }
  const before = store.images.names().find((record) => record.name === nameOf(name))
  const isNew = store.images.pins().every((pin) => pin.name !== nameOf(pinned))
  // Everything is on the disk before a name can lead to it.
  await store.snapshots.sync()
  store.images.pin(pinned, target)
  if (name.tag !== undefined && name.digest === undefined) store.images.tag(name, target)
  const same =
    name.tag === undefined || name.digest !== undefined
      ? !isNew
      : (before?.index ?? before?.manifest)?.digest ===
        ('document' in target ? target.descriptor : target.manifest).digest
  return { descriptor, image, upToDate: same }
}

const resolve = async ({ registry, signal }: Transfer, name: Reference): Promise<Descriptor> => {
  try {
    return await registry.resolve(name, signal ? { signal } : {})
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'registry-not-found') throw error
    throw new TransferError('image-not-found', `pull ${nameOf(name)}: the registry has no such image`, {
      cause: error,
      hint: `\`tsbuild tags ${shown(name)}\` lists its tags; a private one needs \`tsbuild login\` first`,
    })
  }
}

const nameOf = ({ registry, repository, tag, digest }: Reference): string =>
  `${registry}/${repository}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`

const chosenOf = ({ images }: ImageIndex, { platform }: PullOptions): Image => {
  const [first] = images
  const chosen = pickPlatform(images, (one) => one.platform, platform ?? hostPlatform()) ?? first
  if (!chosen) throw new TransferError('bad-image', 'open index: it has no image')
  return chosen.image
}

const pullManifest = async (
  transfer: Transfer,
  name: Reference,
  descriptor: Descriptor,
  { platform }: PullOptions,
): Promise<Image> => {
  const known = transfer.store.images.resolve(descriptor.digest)
  if (known?.manifest.digest === descriptor.digest) {
    warnOfPlatform(transfer, name, platformOf(known.config), platform)
    return known
  }
  const documents = await readImage(transfer, name, descriptor)
  warnOfPlatform(transfer, name, platformOf(documents.config), platform)
  transfer.events({ kind: 'image', layers: documents.manifest.layers.map(({ digest }) => digest) })
  await pullLayers(transfer, name, documents)
  return transfer.store.images.adopt(documents.manifest, documents.config, documents.raw)
}

/** What is no index is taken for whatever platform it is. */
const warnOfPlatform = (
  { events }: Transfer,
  name: Reference,
  found: Platform,
  wanted: Platform | undefined,
): void => {
  if (!wanted || pickPlatform([found], (one) => one, wanted)) return
  const message = `${shown(name)} is there for ${formatPlatform(found)} only, not for ${formatPlatform(wanted)}`
  events({ kind: 'warning', message })
}

const pullIndex = async (
  transfer: Transfer,
  name: Reference,
  descriptor: Descriptor,
  options: PullOptions,
): Promise<Image | ImageIndex> => {
  const raw = await documentOf(transfer, name, descriptor)
  const index = parseIndex(raw.toString('utf8'))
  const { manifests, direct } = await chooseManifests(transfer, name, index, options)
  const images: Image[] = []
  const artifacts: Digest[] = []
  for (const manifest of manifests) {
    images.push(await pullManifest(transfer, name, manifest, {}))
    const about = index.manifests.filter(
      (entry) =>
        isAttestation(entry) && entry.annotations?.['vnd.docker.reference.digest'] === manifest.digest,
    )
    for (const entry of about) artifacts.push(...(await pullArtifact(transfer, name, entry)))
  }
  const [only] = images
  if (!direct && only) return only
  return transfer.store.images.adoptIndex(raw, images, artifacts)
}

/** Attestations come along, so that the index can be pushed again as it is. Larger ones than this are left. */
const maxArtifact = 32 * 1024 * 1024

const pullArtifact = async (
  transfer: Transfer,
  name: Reference,
  entry: Descriptor,
): Promise<readonly Digest[]> => {
  const { content } = transfer.store
  const raw = await documentOf(transfer, name, entry)
  const { config, layers } = parseManifest(raw.toString('utf8'))
  const blobs = [config, ...layers]
  if (blobs.some(({ size }) => size > maxArtifact)) return []
  for (const blob of blobs) if (content.stat(blob.digest) === undefined) await fetchBlob(transfer, name, blob)
  return [content.put(raw).digest, ...blobs.map(({ digest }) => digest)]
}

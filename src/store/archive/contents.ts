import { byCodeUnit } from '../../foundation/filetree/index.ts'
import {
  canonicalJson,
  type Descriptor,
  type DiffId,
  type Digest,
  digestOf,
  formatReference,
  type HostPath,
  hexOf,
  type Manifest,
  mediaType,
  parseManifest,
  platformOf,
} from '../../foundation/oci/index.ts'
import { assembleIndex, assembleManifest, describeBytes, type ImageIndex } from '../image/index.ts'
import { type DockerManifestEntry, formatDockerManifest } from './docker-manifest.ts'
import { annotateName } from './oci-names.ts'
import type { ArchiveFile, ArchiveStore, NamedImage } from './types.ts'

/** What `save` writes: an OCI layout (image-spec image-layout.md), for docker with manifest.json on top. */
export interface ArchiveContents {
  /** In the order in which they are written; blobs once each. Parents directories are not listed. */
  readonly files: readonly ArchiveFile[]
}

/**
 * Collects the files of an archive with these images; tar forms of layers are made where there are none yet. Equal
 * images in equal order give equal files, byte for byte.
 */
export const archiveContents = async (
  store: ArchiveStore,
  images: readonly NamedImage[],
  options: { readonly docker: boolean; readonly signal?: AbortSignal | undefined },
): Promise<ArchiveContents> => {
  const blobs = new Map<Digest, ArchiveFile>()
  const entries: Descriptor[] = []
  const docker: DockerManifestEntry[] = []
  const collect = (parts: Parts): Descriptor => {
    for (const bytes of [parts.config, parts.raw]) {
      const digest = digestOf(bytes)
      blobs.set(digest, { name: blobName(digest), bytes })
    }
    for (const { digest, size, path } of parts.layers)
      blobs.set(digest, { name: blobName(digest), path, size, digest })
    return describeBytes(parts.manifest.mediaType ?? mediaType.manifest, parts.raw)
  }
  for (const { image, index, names, annotations } of images) {
    options.signal?.throwIfAborted()
    const parts = await partsOf(store, image)
    const own = collect(parts)
    const entry = index
      ? await indexEntry(store, index, collect, blobs)
      : { ...own, platform: platformOf(image.config) }
    const sorted = [...names].sort((a, b) => byCodeUnit(formatReference(a), formatReference(b)))
    entries.push(
      ...(sorted.length === 0
        ? [annotations ? { ...entry, annotations } : entry]
        : sorted.map((name) => ({ ...entry, annotations: { ...annotations, ...annotateName(name) } }))),
    )
    docker.push({
      config: blobName(image.id),
      layers: parts.layers.map((layer) => blobName(layer.digest)),
      names: sorted,
    })
  }
  return { files: [...documents(entries, options.docker ? docker : undefined), ...blobs.values()] }
}

/** The index with all that it has in the store. Where a manifest had to change, so has the index. */
const indexEntry = async (
  store: ArchiveStore,
  index: ImageIndex,
  collect: (parts: Parts) => Descriptor,
  blobs: Map<Digest, ArchiveFile>,
): Promise<Descriptor> => {
  const changed = new Map<Digest, Descriptor>()
  for (const { image } of index.images) {
    const saved = collect(await partsOf(store, image))
    if (saved.digest !== image.manifest.digest) changed.set(image.manifest.digest, saved)
  }
  for (const digest of index.artifacts) {
    const size = store.content.stat(digest)?.size ?? 0
    blobs.set(digest, { name: blobName(digest), path: store.content.pathOf(digest), size, digest })
  }
  const raw =
    changed.size === 0
      ? store.content.read(index.descriptor.digest)
      : assembleIndex(
          index.document.manifests.map((one) => ({ ...one, ...changed.get(one.digest) })),
          index.document.annotations,
        )
  const descriptor = describeBytes(changed.size === 0 ? index.descriptor.mediaType : mediaType.index, raw)
  blobs.set(descriptor.digest, { name: blobName(descriptor.digest), bytes: raw })
  return descriptor
}

/** Documents come first: a reader of a stream then knows what the blobs are. */
const documents = (
  entries: readonly Descriptor[],
  docker: readonly DockerManifestEntry[] | undefined,
): readonly ArchiveFile[] => {
  const index = { schemaVersion: 2, mediaType: mediaType.index, manifests: entries }
  return [
    { name: 'oci-layout', bytes: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
    { name: 'index.json', bytes: Buffer.from(canonicalJson(index)) },
    ...(docker ? [{ name: 'manifest.json', bytes: Buffer.from(formatDockerManifest(docker)) }] : []),
  ]
}

const blobName = (digest: Digest): string => `blobs/sha256/${hexOf(digest)}`

interface LayerFile {
  readonly digest: Digest
  readonly size: number
  readonly path: HostPath
}

interface Parts {
  readonly config: Uint8Array
  readonly manifest: Manifest
  readonly raw: Uint8Array
  readonly layers: readonly LayerFile[]
}

/**
 * The image's own manifest with the layers that it names, so that digests survive a save. Where the store does not have
 * a compressed layer any more, a manifest of the uncompressed ones takes its place; the image id stays.
 */
const partsOf = async (store: ArchiveStore, image: NamedImage['image']): Promise<Parts> => {
  const raw = store.content.read(image.manifest.digest)
  const manifest = parseManifest(raw.toString('utf8'))
  const config = store.content.read(image.id)
  const own = await sameLayers(store, image, manifest)
  if (own) return { config, manifest, raw, layers: own }
  const layers: LayerFile[] = []
  const assembled: { readonly diffId: DiffId; readonly tarSize: number }[] = []
  for (const id of image.stack) {
    assembled.push(await store.snapshots.describe(id))
    layers.push(await store.snapshots.tarOf(id))
  }
  const plain = assembleManifest(config, assembled, manifest.annotations)
  return { config, manifest: plain, raw: Buffer.from(canonicalJson(plain)), layers }
}

const sameLayers = async (
  { snapshots, content }: ArchiveStore,
  image: NamedImage['image'],
  manifest: Manifest,
): Promise<readonly LayerFile[] | undefined> => {
  const layers: LayerFile[] = []
  for (const [position, id] of image.stack.entries()) {
    const wanted = manifest.layers[position]?.digest
    const form = snapshots.formsOf(id).find(({ digest }) => digest === wanted)
    if (form) {
      layers.push({ digest: form.digest, size: form.size, path: content.pathOf(form.digest) })
      continue
    }
    const kept = await snapshots.tarOf(id, { keepCompressed: true })
    const found = kept.digest === wanted ? kept : await snapshots.tarOf(id)
    if (found.digest !== wanted) return undefined
    layers.push(found)
  }
  return layers
}

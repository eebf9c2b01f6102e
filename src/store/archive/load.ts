import {
  canonicalJson,
  type DiffId,
  type Digest,
  formatReference,
  hostPlatform,
  type ImageConfig,
  parseImageConfig,
  parseManifest,
  pickPlatform,
  type Reference,
} from '../../foundation/oci/index.ts'
import { assembleManifest, type Image } from '../image/index.ts'
import { badArchive } from './errors.ts'
import { type ArchiveMember, readMembers } from './members.ts'
import { readDockerImages } from './read-docker.ts'
import { readOciEntries, readOciImages } from './read-oci.ts'
import { archiveChunks } from './source.ts'
import type {
  ArchivedImage,
  ArchivedIndex,
  ArchiveSource,
  ArchiveStore,
  LoadedImage,
  LoadedName,
  LoadOptions,
} from './types.ts'

/**
 * Takes the images of a docker archive or an OCI archive into the store, in one pass, and sets their names. Everything
 * is checked before the first name changes: sizes, digests, diff ids. After a failure nothing new is left in the store
 * but layers that were whole. Throws `no-archive`, `bad-archive`, `bad-image`, `digest-mismatch`, and what layers throw.
 */
export const loadArchive = async (
  store: ArchiveStore,
  source: ArchiveSource,
  options: LoadOptions = {},
): Promise<readonly LoadedImage[]> => {
  const before = new Set<Digest>([...store.content.list()].map((blob) => blob.digest))
  const members = new Map<string, ArchiveMember>()
  const forms = new Set<Digest>()
  try {
    await readMembers(archiveChunks(source, options.signal), store.content, members)
    const archived = imagesIn(store, members, options)
    if (archived.length === 0) throw badArchive('there is no image in it')
    const adopted: Adopted[] = []
    const { signal } = options
    const arrival: Arrival = { isNew: (digest) => !before.has(digest), ...(signal ? { signal } : {}) }
    for (const one of archived) {
      adopted.push(await adoptEntry(store, one, arrival))
      for (const { layers } of 'index' in one ? one.images : [one])
        for (const { digest } of layers) forms.add(digest)
    }
    // One syncfs for all, before the first name can lead here.
    await store.snapshots.sync()
    return await setNames(store, adopted)
  } finally {
    await removeUnused(store, members, new Set([...before, ...forms]))
  }
}

/** An OCI layout is the more exact of the two: where an archive is both (docker since 25), it decides. */
const imagesIn = (
  { content }: ArchiveStore,
  members: ReadonlyMap<string, ArchiveMember>,
  options: LoadOptions,
): readonly (ArchivedImage | ArchivedIndex)[] => {
  const text = (name: string): string | undefined => {
    const member = members.get(name)
    return member?.kind === 'document' ? member.text : undefined
  }
  const index = text('index.json')
  const manifest = text('manifest.json')
  const docker = manifest === undefined ? [] : readDockerImages(manifest, members)
  if (index === undefined || text('oci-layout') === undefined) {
    if (manifest === undefined) throw badArchive('it has neither manifest.json nor index.json and oci-layout')
    return docker
  }
  const { platform } = options
  const found = platform
    ? readOciImages({ index, members, content, platform })
    : readOciEntries({ index, members, content })
  return found.map((image) => withDockerNames(image, docker))
}

interface Adopted {
  readonly target: Pick<LoadedImage, 'image' | 'index'>
  readonly names: readonly Reference[]
}

const adoptEntry = async (
  store: ArchiveStore,
  archived: ArchivedImage | ArchivedIndex,
  arrival: Arrival,
): Promise<Adopted> => {
  const { names } = archived
  if (!('index' in archived)) return { target: { image: await adopt(store, archived, arrival) }, names }
  const images: Image[] = []
  for (const one of archived.images) images.push(await adopt(store, one, arrival))
  const index = store.images.adoptIndex(store.content.read(archived.index.digest), images, archived.artifacts)
  const shown = pickPlatform(index.images, ({ platform }) => platform, hostPlatform()) ?? index.images[0]
  if (!shown) throw badArchive('there is no image in it')
  return { target: { image: shown.image, index }, names }
}

/** skopeo and older tools write index.json without full names, beside a manifest.json that has them. */
const withDockerNames = <T extends ArchivedImage | ArchivedIndex>(
  found: T,
  docker: readonly ArchivedImage[],
): T => {
  if (found.names.length > 0) return found
  const configs = 'index' in found ? found.images.map(({ config }) => config) : [found.config]
  return { ...found, names: docker.filter((d) => configs.includes(d.config)).flatMap((d) => d.names) }
}

/** How the blobs of an archive came into the content store. */
export interface Arrival {
  /** Whether it was not there before: then it was hashed on its way in. By default none was. */
  readonly isNew?: (digest: Digest) => boolean
  readonly signal?: AbortSignal
}

/** Image of an archive whose blobs are in the content store. */
export const adopt = async (
  { content, snapshots, images }: ArchiveStore,
  archived: ArchivedImage,
  arrival: Arrival = {},
): Promise<Image> => {
  const rawConfig = content.read(archived.config)
  const config = parseImageConfig(rawConfig.toString('utf8'))
  const sizes = await takeLayers(snapshots, archived, config, arrival)
  const rawManifest = archived.manifest
    ? content.read(archived.manifest.digest)
    : Buffer.from(canonicalJson(assembleManifest(rawConfig, sizes)))
  return images.adopt(parseManifest(rawManifest.toString('utf8')), config, {
    manifest: rawManifest,
    config: rawConfig,
  })
}

/**
 * Makes layers of the blobs, or finds them. A layer that the store has in other compressions gets this one too, so that the image can be
 * given away again as it came; one that it has as it is here is not read twice.
 */
const takeLayers = async (
  snapshots: ArchiveStore['snapshots'],
  archived: ArchivedImage,
  config: ImageConfig,
  { isNew, signal }: Arrival,
): Promise<readonly { readonly diffId: DiffId; readonly tarSize: number }[]> => {
  const diffIds = config.rootfs.diff_ids
  if (archived.layers.length !== diffIds.length) {
    throw badArchive(
      `image ${archived.config} has ${archived.layers.length} layers and ${diffIds.length} diff ids`,
    )
  }
  const described: { readonly diffId: DiffId; readonly tarSize: number }[] = []
  for (const [position, blob] of archived.layers.entries()) {
    signal?.throwIfAborted()
    const diffId = diffIds[position]
    if (diffId === undefined) break
    const known = snapshots.findByDiffId(diffId)
    const hasForm =
      known &&
      (blob.digest === diffId || snapshots.formsOf(known.id).some(({ digest }) => digest === blob.digest))
    const layer = hasForm
      ? known
      : await snapshots.addLayer(blob, diffId, { hashed: isNew?.(blob.digest) === true })
    described.push(await snapshots.describe(layer.id))
  }
  return described
}

/** Of several images with one name the last one has it. */
const setNames = async (
  { images }: ArchiveStore,
  adopted: readonly Adopted[],
): Promise<readonly LoadedImage[]> => {
  const current = new Map(images.names().map(({ name, imageId }) => [name, imageId]))
  const loaded = adopted.map(({ target, names }): LoadedImage => {
    const { id } = target.image
    const named = names.map((name): LoadedName => {
      const key = formatReference(name)
      const before = current.get(key)
      current.set(key, id)
      return before !== undefined && before !== id ? { name, replaced: before } : { name }
    })
    return { ...target, names: named }
  })
  await images.tagAll(
    adopted.flatMap(({ target, names }) =>
      names.map((name) => [name, target.index ?? target.image] as const),
    ),
  )
  return loaded
}

/**
 * Drops blobs that this archive brought and that neither an image nor a layer took. `kept` are others, or known to be taken. Another
 * command at work may have found them, and be about to use them: then they stay, and the next prune looks after them.
 */
const removeUnused = async (
  store: ArchiveStore,
  members: ReadonlyMap<string, ArchiveMember>,
  kept: ReadonlySet<Digest>,
): Promise<void> => {
  const brought = [...members.values()].flatMap((m) =>
    m.kind === 'blob' && !kept.has(m.digest) ? [m.digest] : [],
  )
  if (unusedOf(store, brought).length === 0) return
  await store.snapshots
    .quietly(({ others }) => {
      if (others === 0) for (const digest of unusedOf(store, brought)) store.content.remove(digest)
    })
    // What went wrong before is what is to be told; a prune frees them as well.
    .catch(() => undefined)
}

const unusedOf = ({ snapshots, images }: ArchiveStore, brought: readonly Digest[]): readonly Digest[] => {
  if (brought.length === 0) return []
  const used = new Set<Digest>(images.list().flatMap((image) => [image.id, image.manifest.digest]))
  for (const { manifest } of images.names()) used.add(manifest.digest)
  for (const index of images.indexes()) {
    for (const digest of [index.descriptor.digest, ...index.artifacts]) used.add(digest)
    for (const { image } of index.images) used.add(image.id).add(image.manifest.digest)
  }
  for (const { blob, patch } of snapshots.list())
    for (const needed of [blob, patch]) if (needed) used.add(needed.digest)
  return brought.filter((digest) => !used.has(digest))
}

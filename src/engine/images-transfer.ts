import { AppError } from '../foundation/errors/index.ts'
import {
  type ContainerConfig,
  formatReference,
  type HostPath,
  type Platform,
  parseReference,
} from '../foundation/oci/index.ts'
import {
  type ArchiveSource,
  type ByteSink,
  importRootfs,
  type LoadedImage,
  type LoadOptions,
  loadArchive,
  type NamedImage,
  privateFile,
  saveDockerArchive,
  saveOciArchive,
  saveOciLayout,
  writeTargetFile,
} from '../store/archive/index.ts'
import type { Image, ImageStore } from '../store/image/index.ts'
import { journalIn, tellOfImage } from '../store/journal/index.ts'
import { requireImage } from './images.ts'
import { blobsOfIndex } from './images-indexes.ts'
import type { Recompression } from './registry/index.ts'
import type { Store } from './store.ts'

/** Forms of a saved image; `oci-dir` is a directory, the others are files. */
export type SaveFormat = 'docker-archive' | 'oci-archive' | 'oci-dir'

/** Where bytes go: a file that is replaced as a whole, or an open output. */
export type SaveTarget =
  | { readonly kind: 'path'; readonly path: HostPath }
  | { readonly kind: 'sink'; readonly sink: ByteSink }

/**
 * Writes images with the names that they were asked for by; one asked for by id is saved without a name, one asked for
 * by a repository alone with the tag `latest`. Throws `image-not-found`, `archive-io`, and for `oci-dir` to a sink `usage`.
 */
export const saveImages = async (
  store: Store,
  texts: readonly string[],
  target: SaveTarget,
  options: {
    readonly format: SaveFormat
    /** Only this one of an index; by default the index with all that is there. */
    readonly platform?: Platform
    /** Of layers, in the formats of OCI; as they are by default. */
    readonly recompression?: Recompression | undefined
    readonly signal?: AbortSignal
  },
): Promise<void> => {
  using lease = await store.lease()
  const images = namedImages(store.images, texts, options.platform)
  for (const { image, index } of images) {
    lease.hold([image.id, image.manifest.digest, ...image.stack])
    if (index) lease.hold([...blobsOfIndex(index), ...index.images.flatMap((one) => one.image.stack)])
  }
  await saveNamedImages(store, images, target, options)
  for (const { image, index } of images)
    tellOfImage(journalIn(store.root), 'save', index?.descriptor.digest ?? image.id)
}

/** The same for images that the caller has at hand, e.g. from a build. */
export const saveNamedImages = async (
  store: Store,
  images: readonly NamedImage[],
  target: SaveTarget,
  {
    format,
    signal,
    recompression,
  }: {
    readonly format: SaveFormat
    readonly signal?: AbortSignal
    readonly recompression?: Recompression | undefined
  },
): Promise<void> => {
  const options = signal ? { signal } : {}
  if (recompression && recompression.compression.kind !== 'none') {
    const { compressNamed } = await import('./registry/index.ts')
    const compressed = await compressNamed(store, images, recompression, signal)
    await writeImages(store, compressed, target, format, options)
    return
  }
  await writeImages(store, images, target, format, options)
}

const writeImages = async (
  store: Store,
  images: readonly NamedImage[],
  target: SaveTarget,
  format: SaveFormat,
  options: { readonly signal?: AbortSignal },
): Promise<void> => {
  if (format === 'oci-dir') {
    if (target.kind === 'sink')
      throw new AppError('usage', 'save as oci-dir: expected a directory, found a stream')
    await saveOciLayout(store, images, target.path, options)
    return
  }
  const save = format === 'docker-archive' ? saveDockerArchive : saveOciArchive
  if (target.kind === 'sink') await save(store, images, target.sink, options)
  else await writeTargetFile(target.path, (sink) => save(store, images, sink, options), privateFile)
}

/** One entry per manifest or index, in the order in which they were asked for: an image may have several, with other compressions. */
const namedImages = (
  images: ImageStore,
  texts: readonly string[],
  platform?: Platform,
): readonly NamedImage[] => {
  const found = new Map<string, { readonly target: Omit<NamedImage, 'names'>; readonly names: Set<string> }>()
  const known = new Set(images.names().map(({ name }) => name))
  for (const text of texts) {
    const image = requireImage(images, text, platform)
    const index = platform ? undefined : images.resolveIndex(text)
    const key = index?.descriptor.digest ?? image.manifest.digest
    const entry = found.get(key) ?? { target: { image, ...(index && { index }) }, names: new Set<string>() }
    found.set(key, entry)
    const wanted = nameIn(text)
    if (wanted !== undefined && known.has(wanted) && !isIdOf(text, image)) entry.names.add(wanted)
  }
  return [...found.values()].map(({ target, names }) => ({
    ...target,
    names: [...names].map(parseReference),
  }))
}

const isIdOf = (text: string, image: Image): boolean => text === image.id || text === image.id.slice(7)

const nameIn = (text: string): string | undefined => {
  try {
    return formatReference(parseReference(text))
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

/** Takes the images of an archive into the store, under the names that it gives them. See `loadArchive`. */
export const loadImages = async (
  store: Store,
  source: ArchiveSource,
  options: LoadOptions = {},
): Promise<readonly LoadedImage[]> => {
  using _lease = await store.lease()
  const loaded = await loadArchive(store, source, options)
  for (const { image, index } of loaded)
    tellOfImage(journalIn(store.root), 'load', index?.descriptor.digest ?? image.id)
  return loaded
}

export interface ImportImageOptions {
  /** `NAME[:TAG]` for the new image. */
  readonly name?: string
  /** What the tar is called in the history. */
  readonly origin: string
  readonly message?: string
  readonly config?: ContainerConfig
  readonly platform?: Platform
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly sync?: boolean
  readonly signal?: AbortSignal
}

/** Makes an image of a root file system's tar. Throws `bad-reference` before anything is read. */
export const importImage = async (
  store: Store,
  source: ArchiveSource,
  options: ImportImageOptions,
): Promise<Image> => {
  const name = options.name === undefined ? undefined : parseReference(options.name)
  using _lease = await store.lease()
  const { now, config, platform, sync, signal } = options
  const image = await importRootfs(store, source, {
    message: options.message ?? `Imported from ${options.origin}`,
    now,
    ...(config && { config }),
    ...(platform && { platform }),
    ...(sync !== undefined && { sync }),
    ...(signal && { signal }),
  })
  if (name) store.images.tag(name, image, { sync: sync !== false })
  tellOfImage(journalIn(store.root), 'import', image.id)
  return image
}

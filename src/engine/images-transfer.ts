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
  saveDockerArchive,
  saveOciArchive,
  saveOciLayout,
  writeTargetFile,
} from '../store/archive/index.ts'
import type { Image, ImageStore } from '../store/image/index.ts'
import { namesByImage, requireImage } from './images.ts'
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
  options: { readonly format: SaveFormat; readonly signal?: AbortSignal },
): Promise<void> => {
  using lease = await store.lease()
  const images = namedImages(store.images, texts)
  lease.hold(images.flatMap(({ image }) => [image.id, image.manifest.digest, ...image.stack]))
  await saveNamedImages(store, images, target, options)
}

/** The same for images that the caller has at hand, e.g. from a build. */
export const saveNamedImages = async (
  store: Store,
  images: readonly NamedImage[],
  target: SaveTarget,
  { format, signal }: { readonly format: SaveFormat; readonly signal?: AbortSignal },
): Promise<void> => {
  const options = signal ? { signal } : {}
  if (format === 'oci-dir') {
    if (target.kind === 'sink')
      throw new AppError('usage', 'save as oci-dir: expected a directory, found a stream')
    await saveOciLayout(store, images, target.path, options)
    return
  }
  const save = format === 'docker-archive' ? saveDockerArchive : saveOciArchive
  if (target.kind === 'sink') await save(store, images, target.sink, options)
  else await writeTargetFile(target.path, (sink) => save(store, images, sink, options))
}

/** One entry per image, in the order in which they were asked for. */
const namedImages = (images: ImageStore, texts: readonly string[]): readonly NamedImage[] => {
  const names = namesByImage(images)
  const found = new Map<string, { readonly image: Image; readonly names: Set<string> }>()
  for (const text of texts) {
    const image = requireImage(images, text)
    const entry = found.get(image.id) ?? { image, names: new Set<string>() }
    found.set(image.id, entry)
    const known = (names.get(image.id) ?? []).map(formatReference)
    const wanted = nameIn(text)
    if (wanted !== undefined && known.includes(wanted)) entry.names.add(wanted)
  }
  return [...found.values()].map((entry) => ({
    image: entry.image,
    names: [...entry.names].map(parseReference),
  }))
}

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
  return await loadArchive(store, source, options)
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
  return image
}

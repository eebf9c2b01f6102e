import { AppError } from '../../foundation/errors/index.ts'
import {
  type Descriptor,
  type Digest,
  formatPlatform,
  formatReference,
  hexOf,
  hostPlatform,
  type Index,
  mediaType,
  type Platform,
  parseIndex,
  parseManifest,
  pickPlatform,
  type Reference,
} from '../../foundation/oci/index.ts'
import type { ContentStore } from '../content/index.ts'
import { badArchive, MissingBlob } from './errors.ts'
import type { ArchiveMember } from './members.ts'
import { annotatedName } from './oci-names.ts'
import type { ArchivedImage, ArchivedIndex } from './types.ts'

const maxDepth = 4
const maxManifests = 1000

export interface OciArchive {
  readonly index: string
  readonly members: ReadonlyMap<string, ArchiveMember>
  readonly content: ContentStore
  /** Which one to take of an index with several. */
  readonly platform: Platform
}

/** The images that index.json names (image-spec image-layout.md), one per manifest. Throws `bad-archive`, `bad-image`. */
export const readOciImages = (archive: OciArchive): readonly ArchivedImage[] =>
  imagesOf(archive, entriesOf(archive.index))

const entriesOf = (text: string): readonly Descriptor[] => {
  const { manifests } = parseIndex(text)
  if (manifests.length > maxManifests)
    throw badArchive(`index.json names more than ${maxManifests} manifests`)
  return manifests
}

const imagesOf = (archive: OciArchive, entries: readonly Descriptor[]): readonly ArchivedImage[] => {
  const found = new Map<string, { readonly manifest: Descriptor; readonly names: readonly Reference[] }>()
  for (const entry of entries) {
    const manifest = pickManifest(archive, entry, 0)
    if (!manifest) continue
    const names = [...(found.get(manifest.digest)?.names ?? []), ...namesOf(entry)]
    found.set(manifest.digest, { manifest, names: uniqueNames(names) })
  }
  return [...found.values()].map(({ manifest, names }) => imageOf(archive, manifest, names))
}

const namesOf = ({ annotations }: Descriptor): readonly Reference[] => {
  const name = annotatedName(annotations)
  return name ? [name] : []
}

const uniqueNames = (names: readonly Reference[]): readonly Reference[] => [
  ...new Map(names.map((name) => [formatReference(name), name])).values(),
]

const isIndex = (descriptor: Descriptor): boolean =>
  descriptor.mediaType === mediaType.index || descriptor.mediaType === mediaType.dockerIndex

/** Follows indexes down to one manifest; undefined for what is no image (attestations, signatures). */
const pickManifest = (archive: OciArchive, descriptor: Descriptor, depth: number): Descriptor | undefined => {
  if (isAttestation(descriptor)) return undefined
  if (!isIndex(descriptor)) return descriptor
  if (depth >= maxDepth) throw badArchive(`its indexes are nested more than ${maxDepth} deep`)
  const index = parseIndex(readBlob(archive, descriptor, 'index'))
  const chosen = forPlatform(index, archive.platform)
  return chosen && pickManifest(archive, chosen, depth + 1)
}

const isAttestation = (descriptor: Descriptor): boolean =>
  descriptor.platform?.os === 'unknown' || descriptor.annotations?.['vnd.docker.reference.type'] !== undefined

const forPlatform = (index: Index, wanted: Platform): Descriptor | undefined => {
  const images = index.manifests.filter((m) => !isAttestation(m))
  if (images.length < 2) return images[0]
  const fits = pickPlatform(images, ({ platform }) => platform, wanted)
  if (fits) return fits
  const offered = images.map((m) => (m.platform ? formatPlatform(m.platform) : 'unknown')).join(', ')
  throw badArchive(`it has no image for ${formatPlatform(wanted)}, only for ${offered}`)
}

/** All that index.json names: images, and indexes with every image of them that is there. Throws as `readOciImages`. */
export const readOciEntries = (
  archive: Omit<OciArchive, 'platform'>,
): readonly (ArchivedImage | ArchivedIndex)[] => {
  const whole = { ...archive, platform: hostPlatform() }
  const entries = entriesOf(archive.index)
  const nested = new Set(entries.filter((entry) => isFlatIndex(whole, entry)))
  const indexes = new Map<string, ArchivedIndex>()
  for (const entry of nested) {
    const names = [...(indexes.get(entry.digest)?.names ?? []), ...namesOf(entry)]
    indexes.set(entry.digest, { ...indexOf(whole, entry), names: uniqueNames(names) })
  }
  const others = entries.filter((entry) => !nested.has(entry))
  return [...indexes.values(), ...imagesOf(whole, others)]
}

/** An index of manifests. One of indexes is read as the image for this machine. */
const isFlatIndex = (archive: OciArchive, entry: Descriptor): boolean =>
  isIndex(entry) &&
  !isAttestation(entry) &&
  parseIndex(readBlob(archive, entry, 'index')).manifests.every((one) => !isIndex(one))

const indexOf = (archive: OciArchive, entry: Descriptor): Omit<ArchivedIndex, 'names'> => {
  const { manifests } = parseIndex(readBlob(archive, entry, 'index'))
  if (manifests.length > maxManifests) throw badArchive(`an index names more than ${maxManifests} manifests`)
  const images: ArchivedImage[] = []
  const artifacts: Digest[] = []
  let missing: MissingBlob | undefined
  for (const one of manifests) {
    if (isAttestation(one)) {
      artifacts.push(...artifactsOf(archive, one))
      continue
    }
    try {
      images.push(imageOf(archive, one, []))
    } catch (error) {
      // An archive need not have all platforms, nor all of each.
      if (!(error instanceof MissingBlob)) throw error
      missing ??= error
    }
  }
  if (images.length === 0) throw missing ?? badArchive(`index ${entry.digest} names no image`)
  const { mediaType: type, digest, size } = entry
  return { index: { mediaType: type, digest, size }, images, artifacts }
}

/** Nothing is asked of what it says: it is kept as it is. */
const artifactsOf = (archive: OciArchive, descriptor: Descriptor): readonly Digest[] => {
  try {
    const { config, layers } = parseManifest(readBlob(archive, descriptor, 'manifest'))
    for (const part of [config, ...layers]) checkBlob(archive, part)
    return [descriptor, config, ...layers].map(({ digest }) => digest)
  } catch (error) {
    if (error instanceof AppError) return []
    throw error
  }
}

const imageOf = (archive: OciArchive, descriptor: Descriptor, names: readonly Reference[]): ArchivedImage => {
  const manifest = parseManifest(readBlob(archive, descriptor, 'manifest'))
  for (const part of [manifest.config, ...manifest.layers]) checkBlob(archive, part)
  return { config: manifest.config.digest, manifest: descriptor, layers: manifest.layers, names }
}

const readBlob = (archive: OciArchive, descriptor: Descriptor, what: string): string => {
  checkBlob(archive, descriptor)
  const text = archive.content.read(descriptor.digest).toString('utf8')
  return text === '' ? badEmpty(what) : text
}

const badEmpty = (what: string): never => {
  throw badArchive(`its ${what} is empty`)
}

/** The blob must be in this very archive: one that the store has from elsewhere is not the archive's to give. */
const checkBlob = ({ members }: OciArchive, descriptor: Descriptor): void => {
  const member = members.get(blobName(descriptor.digest))
  if (member?.kind !== 'blob') throw new MissingBlob(descriptor.digest)
  if (member.size !== descriptor.size) {
    throw badArchive(
      `blob ${descriptor.digest} has ${member.size} bytes, its descriptor says ${descriptor.size}`,
    )
  }
}

const blobName = (digest: Digest): string => `blobs/sha256/${hexOf(digest)}`

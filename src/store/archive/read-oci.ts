import {
  type Descriptor,
  formatPlatform,
  formatReference,
  type Index,
  mediaType,
  type Platform,
  parseIndex,
  parseManifest,
  type Reference,
} from '../../foundation/oci/index.ts'
import type { ContentStore } from '../content/index.ts'
import { badArchive } from './errors.ts'
import type { ArchiveMember } from './members.ts'
import { annotatedName } from './oci-names.ts'
import type { ArchivedImage } from './types.ts'

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
export const readOciImages = (archive: OciArchive): readonly ArchivedImage[] => {
  const found = new Map<string, { readonly manifest: Descriptor; readonly names: Reference[] }>()
  const index = parseIndex(archive.index)
  if (index.manifests.length > maxManifests)
    throw badArchive(`index.json names more than ${maxManifests} manifests`)
  for (const entry of index.manifests) {
    const manifest = pickManifest(archive, entry, 0)
    if (!manifest) continue
    const known = found.get(manifest.digest) ?? { manifest, names: [] }
    const name = annotatedName(entry.annotations)
    if (name && !known.names.some((n) => formatReference(n) === formatReference(name))) known.names.push(name)
    found.set(manifest.digest, known)
  }
  return [...found.values()].map(({ manifest, names }) => imageOf(archive, manifest, names))
}

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
  const fits = images.find(
    ({ platform: p }) =>
      p?.os === wanted.os &&
      p.architecture === wanted.architecture &&
      (wanted.variant === undefined || p.variant === wanted.variant),
  )
  if (fits) return fits
  const offered = images.map((m) => (m.platform ? formatPlatform(m.platform) : 'unknown')).join(', ')
  throw badArchive(`it has no image for ${formatPlatform(wanted)}, only for ${offered}`)
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
  const member = members.get(`blobs/sha256/${descriptor.digest.slice(7)}`)
  if (member?.kind !== 'blob') throw badArchive(`blob ${descriptor.digest} is missing`)
  if (member.size !== descriptor.size) {
    throw badArchive(
      `blob ${descriptor.digest} has ${member.size} bytes, its descriptor says ${descriptor.size}`,
    )
  }
}

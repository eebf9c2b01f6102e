import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import {
  type Descriptor,
  type Digest,
  type HostPath,
  hexOf,
  hostPlatform,
  mediaType,
  parseIndex,
  parseManifest,
} from '../../foundation/oci/index.ts'
import type { Image } from '../image/index.ts'
import { badArchive } from './errors.ts'
import { adopt } from './load.ts'
import type { ArchiveMember } from './members.ts'
import { readOciImages } from './read-oci.ts'
import type { ArchiveStore, LoadOptions } from './types.ts'

export interface LayoutChoice {
  /** Directory with index.json, oci-layout and blobs. */
  readonly directory: HostPath
  /** Annotation `org.opencontainers.image.ref.name` of an entry of index.json; `latest` is taken for the only entry too. */
  readonly tag?: string
  /** Digest of an entry of index.json, or of anything that one leads to. */
  readonly digest?: Digest
}

/**
 * Takes one image of an OCI layout into the store without naming it. Only blobs that it needs are read, and each is checked.
 * Throws `no-archive`, `bad-archive`, `digest-mismatch`, `image-not-found`.
 */
export const loadLayoutImage = async (
  store: ArchiveStore,
  choice: LayoutChoice,
  options: LoadOptions = {},
): Promise<Image> => {
  const index = readDocument(choice.directory, 'index.json')
  readDocument(choice.directory, 'oci-layout')
  const chosen = chooseEntry(parseIndex(index).manifests, choice)
  const members = new Map<string, ArchiveMember>()
  bring(store, choice.directory, chosen, { members, depth: 0, signal: options.signal })
  const [archived] = readOciImages({
    index: JSON.stringify({ schemaVersion: 2, manifests: [chosen] }),
    members,
    content: store.content,
    platform: options.platform ?? hostPlatform(),
  })
  if (!archived) throw badArchive('there is no image in it')
  return adopt(store, archived, options.signal ? { signal: options.signal } : {})
}

const maxDocument = 8 << 20

const readDocument = (directory: HostPath, name: string): string => {
  try {
    return readFileSync(join(directory, name), 'utf8')
  } catch (cause) {
    throw new AppError(
      'no-archive',
      `open the layout ${directory}: ${name}: ${errnoOf(cause) ?? String(cause)}`,
      {
        exitCode: exitCode.usage,
        hint: 'give a directory that an OCI tool wrote, with index.json, oci-layout and blobs',
        cause,
      },
    )
  }
}

const refName = 'org.opencontainers.image.ref.name'

const chooseEntry = (
  entries: readonly Descriptor[],
  { directory, tag, digest }: LayoutChoice,
): Descriptor => {
  const named = (name: string): Descriptor | undefined =>
    entries.find(
      ({ annotations }) => annotations?.[refName] === name || annotations?.[refName]?.endsWith(`:${name}`),
    )
  if (digest !== undefined) {
    const entry = entries.find((one) => one.digest === digest)
    if (entry) return entry
    // It may be below an entry; then its size is what the file has.
    const bytes = readBlobFile(directory, digest)
    const isIndex = bytes.toString('utf8').includes('"manifests"')
    return { mediaType: isIndex ? mediaType.index : mediaType.manifest, digest, size: bytes.length }
  }
  const wanted = tag ?? 'latest'
  const found = named(wanted) ?? (tag === undefined && entries.length === 1 ? entries[0] : undefined)
  if (found) return found
  const names = entries.flatMap(({ annotations }) => annotations?.[refName] ?? [])
  throw new AppError('image-not-found', `use the layout ${directory}: it has no image ${wanted}`, {
    hint:
      names.length > 0
        ? `it has ${names.join(', ')}`
        : `name one by its digest: oci-layout://${directory}@sha256:...`,
  })
}

interface Bringing {
  readonly members: Map<string, ArchiveMember>
  readonly depth: number
  readonly signal: AbortSignal | undefined
}

/** Blobs into the content store, from the manifest down. Of an index, those that are not there are left out. */
const bring = (store: ArchiveStore, directory: HostPath, descriptor: Descriptor, state: Bringing): void => {
  state.signal?.throwIfAborted()
  const { digest, size } = descriptor
  const name = `blobs/sha256/${hexOf(digest)}`
  if (state.members.has(name)) return
  if (state.depth > 4) throw badArchive('its indexes are nested more than 4 deep')
  ingest(store, join(directory, name), digest, size)
  state.members.set(name, { kind: 'blob', digest, size })
  const next = { ...state, depth: state.depth + 1 }
  if (descriptor.mediaType === mediaType.index || descriptor.mediaType === mediaType.dockerIndex) {
    for (const child of parseIndex(store.content.read(digest).toString('utf8')).manifests)
      if (isThere(directory, child.digest)) bring(store, directory, child, next)
  } else if (state.depth === 0 || descriptor.mediaType.includes('manifest')) {
    const manifest = parseManifest(store.content.read(digest).toString('utf8'))
    for (const part of [manifest.config, ...manifest.layers]) bringBlob(store, directory, part, state.members)
  }
}

const bringBlob = (
  store: ArchiveStore,
  directory: HostPath,
  { digest, size }: Descriptor,
  members: Map<string, ArchiveMember>,
): void => {
  const name = `blobs/sha256/${hexOf(digest)}`
  ingest(store, join(directory, name), digest, size)
  members.set(name, { kind: 'blob', digest, size })
}

const open = (path: HostPath): number =>
  openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)

const isThere = (directory: HostPath, digest: Digest): boolean => {
  try {
    closeSync(open(join(directory, `blobs/sha256/${hexOf(digest)}`)))
    return true
  } catch {
    return false
  }
}

const ingest = ({ content }: ArchiveStore, path: HostPath, digest: Digest, size: number): void => {
  if (content.stat(digest)?.size === size) return
  const fd = openBlob(path, digest)
  const incoming = content.ingest()
  try {
    const buffer = Buffer.allocUnsafe(1 << 20)
    for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer))
      incoming.write(buffer.subarray(0, got))
    incoming.commit({ digest, size })
  } catch (error) {
    incoming.abort()
    throw error
  } finally {
    closeSync(fd)
  }
}

const openBlob = (path: HostPath, digest: Digest): number => {
  try {
    return open(path)
  } catch (cause) {
    throw badArchive(`blob ${digest} is missing (${errnoOf(cause) ?? String(cause)})`, cause)
  }
}

const readBlobFile = (directory: HostPath, digest: Digest): Buffer => {
  const fd = openBlob(join(directory, `blobs/sha256/${hexOf(digest)}`), digest)
  try {
    const bytes = readFileSync(fd)
    if (bytes.length > maxDocument) throw badArchive(`blob ${digest} is too large for a manifest`)
    return bytes
  } finally {
    closeSync(fd)
  }
}

import { Readable } from 'node:stream'
import type { Extract as TarExtract } from 'tar-stream'
import { AppError, InternalError } from '../../foundation/errors/index.ts'
import { parentOf } from '../../foundation/filetree/index.ts'
import { type Digest, isDigest } from '../../foundation/oci/index.ts'
import type { ContentStore } from '../content/index.ts'
import { badArchive } from './errors.ts'

/** Files of an archive that are not blobs, read as text. */
const documents: ReadonlySet<string> = new Set(['manifest.json', 'index.json', 'oci-layout'])
/** Leftovers of docker's first archive format; nothing reads them. */
const ignored = /(?:^|\/)(?:VERSION|json)$|^repositories$/
const maxDocument = 8 << 20
const maxMembers = 100_000
const maxName = 1024

type Entry = TarExtract extends AsyncIterable<infer E> ? E : never

export type ArchiveMember =
  | { readonly kind: 'document'; readonly text: string }
  | { readonly kind: 'blob'; readonly digest: Digest; readonly size: number }
  /** Old docker archives link equal layers to each other. The target is a cleaned path inside the archive. */
  | { readonly kind: 'link'; readonly target: string }

/**
 * Reads a whole tar: blobs go to the content store as they pass by, documents stay in memory. `members` is filled as it
 * goes, so that the caller can clean up after a failure. Names are only keys: nothing of an archive becomes a path.
 * Throws `bad-archive` for names that climb, duplicates, oversized documents, blobs whose name is not their digest.
 */
export const readMembers = async (
  chunks: AsyncIterable<Uint8Array>,
  content: ContentStore,
  members: Map<string, ArchiveMember>,
): Promise<void> => {
  const { extract } = await import('./tar-stream.ts')
  const tar = extract()
  let failure: unknown
  const input = Readable.from(chunks, { objectMode: true })
  input.once('error', (error) => {
    failure = error
    tar.destroy(error)
  })
  input.pipe(tar)
  try {
    for await (const entry of tar) await readMember(entry, content, members)
  } catch (error) {
    input.destroy()
    throw failure ?? (error instanceof AppError ? error : badTar(error))
  }
}

/** tar-stream's own errors carry no code; those of the machine do. */
const badTar = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error : badArchive('it is no tar, or it is cut off', error)

const readMember = async (
  entry: Entry,
  content: ContentStore,
  members: Map<string, ArchiveMember>,
): Promise<void> => {
  const { header } = entry
  const name = memberName(header.name)
  const member =
    header.type === 'directory' || ignored.test(name) ? undefined : await memberOf(name, entry, content)
  entry.resume()
  if (!member) return
  if (members.has(name)) throw badArchive(`${JSON.stringify(name)} is in it twice`)
  if (members.size >= maxMembers) throw badArchive(`it has more than ${maxMembers} files`)
  members.set(name, member)
}

const memberOf = async (
  name: string,
  entry: Entry,
  content: ContentStore,
): Promise<ArchiveMember | undefined> => {
  const { type, linkname } = entry.header
  switch (type) {
    case 'file':
    case 'contiguous-file':
      return documents.has(name)
        ? { kind: 'document', text: await readDocument(name, entry) }
        : { kind: 'blob', ...(await ingestBlob(name, entry, content)) }
    case 'symlink':
      return { kind: 'link', target: linkTarget(name, `${parentOf(name)}/${linkname ?? ''}`, linkname) }
    case 'link':
      return { kind: 'link', target: linkTarget(name, linkname ?? '', linkname) }
    default:
      throw badArchive(
        `${JSON.stringify(name)} is a ${String(type)}; only files, directories and links belong there`,
      )
  }
}

/** The cleaned name. An archive of images has no reason to climb or to start at the root of the machine. */
const memberName = (name: string): string => {
  const cleaned = cleanInside(name)
  if (cleaned === undefined || name.startsWith('/') || name.length > maxName) {
    throw badArchive(`${JSON.stringify(name.slice(0, 100))} is not a name inside the archive`)
  }
  return cleaned
}

const linkTarget = (name: string, path: string, written: string | null | undefined): string => {
  const target = cleanInside(path)
  if (target === undefined || target === '' || written?.startsWith('/') || path.length > 2 * maxName) {
    throw badArchive(
      `${JSON.stringify(name)} links to ${JSON.stringify(written?.slice(0, 100))}, outside of it`,
    )
  }
  return target
}

/** Undefined when `..` leads out. */
const cleanInside = (path: string): string | undefined => {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.join('/')
}

const readDocument = async (name: string, entry: Entry): Promise<string> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytesOf(entry)) {
    size += chunk.length
    if (size > maxDocument) throw badArchive(`${name} is larger than ${maxDocument} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const ingestBlob = async (
  name: string,
  entry: Entry,
  content: ContentStore,
): Promise<{ readonly digest: Digest; readonly size: number }> => {
  const ingest = content.ingest()
  try {
    for await (const chunk of bytesOf(entry)) ingest.write(chunk)
    const named = /^blobs\/(sha256)\/([0-9a-f]{64})$/.exec(name)
    const expected = named ? `${named[1]}:${named[2]}` : undefined
    return ingest.commit(expected !== undefined && isDigest(expected) ? { digest: expected } : {})
  } catch (error) {
    ingest.abort()
    throw error
  }
}

/** The member that `name` is or links to; undefined when there is none. Throws `bad-archive` for links in a circle. */
export const followMember = (
  members: ReadonlyMap<string, ArchiveMember>,
  name: string,
): Exclude<ArchiveMember, { kind: 'link' }> | undefined => {
  let member = members.get(cleanInside(name) ?? '')
  for (let hops = 0; member?.kind === 'link'; hops++) {
    if (hops > 40) throw badArchive(`the links of ${JSON.stringify(name.slice(0, 100))} go in a circle`)
    member = members.get(member.target)
  }
  return member
}

/** tar-stream types its chunks as anything. */
async function* bytesOf(entry: Entry): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of entry) {
    if (!(chunk instanceof Uint8Array)) throw new InternalError('tar-stream gave a chunk that is no bytes')
    yield chunk
  }
}

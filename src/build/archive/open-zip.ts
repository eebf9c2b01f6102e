import { closeSync, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../foundation/errors/index.ts'
import type { EntryType } from '../../foundation/filetree/index.ts'
import { ownedName } from '../../foundation/sys/index.ts'
import { byTreeOrder, type LayerAddition } from '../../store/layer/index.ts'
import { archiveRoot } from './archive-root.ts'
import { badArchive, quoted } from './bad-archive.ts'
import type { ArchiveRequest, ContextArchive } from './types.ts'
import { Reader, ZipReader } from './zip.ts'
import {
  areApart,
  type ContentRange,
  keptOf,
  locateContent,
  readSmall,
  type ZipEntry,
} from './zip-content.ts'
import { countEntries } from './zip-count.ts'
import { parseZipName, zipAttributes } from './zip-names.ts'

/** What is known of an entry takes about 1.3 kB: this many take some 200 MB and ten seconds. A tar has no such limit. */
const maxEntries = 100_000
/** Bytes of all files together. */
const maxUnpacked = 64 * 2 ** 30
/** Deflate cannot reach 1032; counted once an entry is large. */
const maxRatio = 1100
const ratioFrom = 64 << 20
const maxLink = 4095

/** An entry, and where its bytes lie in the staged file. */
interface Placed {
  readonly entry: LayerAddition
  readonly offset: number
}

/**
 * Unpacks a zip into one staged file with all contents one after the other; names stay data. Owner is root, modes and links are
 * those of Unix programs. Throws `bad-archive`.
 */
export const openZip = async (request: ArchiveRequest): Promise<ContextArchive> => {
  const target = join(request.stage, ownedName())
  const dispose = (): void => rmSync(target, { force: true })
  const source = openSync(request.path, 'r')
  const output = openSync(target, 'wx+', 0o600)
  try {
    const placed = await readEntries(request, source, output)
    const sorted = [...placed.values()].sort((a, b) => byTreeOrder(a.entry.path, b.entry.path))
    return {
      write: (writer) => {
        writer.add(archiveRoot(request.now))
        for (const { entry, offset } of sorted) {
          if (entry.type !== 'file') writer.add(entry)
          else writer.add(entry, { kind: 'range', path: target, offset, size: entry.size })
        }
      },
      [Symbol.dispose]: dispose,
    }
  } catch (error) {
    dispose()
    if (error instanceof AppError || request.signal.aborted) throw error
    throw badArchive(
      request.shown,
      error instanceof Error ? error.message.toLowerCase() : 'it is damaged',
      error,
    )
  } finally {
    closeSync(source)
    closeSync(output)
  }
}

const readEntries = async (
  request: ArchiveRequest,
  source: number,
  output: number,
): Promise<ReadonlyMap<string, Placed>> => {
  const placed = new Map<string, Placed>()
  refuseTooMany(countEntries(source) ?? 0, request.shown)
  const zip = new ZipReader(readerOf(source), {
    useWebWorkers: false,
    checkSignature: true,
  })
  const found: ZipEntry[] = []
  let end = 0
  try {
    for await (const entry of zip.getEntriesGenerator()) {
      request.signal.throwIfAborted()
      found.push(keptOf(entry))
      refuseTooMany(found.length, request.shown)
    }
    const ranges = rangesOf(found, source, request.shown)
    for (const entry of found) {
      request.signal.throwIfAborted()
      end = await place(entry, { request, placed, source, ranges, output, start: end })
    }
  } finally {
    await zip.close()
  }
  for (const path of placed.keys()) refuseBelowFile(path, placed, request.shown)
  return placed
}

const refuseTooMany = (entries: number, shown: string): void => {
  if (entries > maxEntries)
    throw badArchive(
      shown,
      `a zip may have ${maxEntries} entries, and it has more: a tar may have any number`,
    )
}

const readerOf = (fd: number): Reader<number> =>
  Object.assign(new Reader(fd), {
    size: fstatSync(fd).size,
    readUint8Array: (index: number, length: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(length)
      let done = 0
      for (let got = -1; got !== 0 && done < length; done += got)
        got = readSync(fd, bytes, done, length - done, index + done)
      return Promise.resolve(bytes.subarray(0, done))
    },
  })

/** Looked at before anything is unpacked. */
const rangesOf = (
  entries: readonly ZipEntry[],
  source: number,
  shown: string,
): ReadonlyMap<ZipEntry, ContentRange> => {
  const ranges = new Map<ZipEntry, ContentRange>()
  for (const entry of entries) {
    if (entry.directory) continue
    const range = locateContent(source, entry)
    if (range === undefined)
      throw badArchive(shown, `what its directory says of ${quoted(entry.filename)} is not true`)
    ranges.set(entry, range)
  }
  if (!areApart([...ranges.values()])) throw badArchive(shown, 'some of its entries share their bytes')
  return ranges
}

interface Place {
  readonly request: ArchiveRequest
  readonly placed: Map<string, Placed>
  readonly source: number
  readonly ranges: ReadonlyMap<ZipEntry, ContentRange>
  readonly output: number
  /** Where the next content goes. */
  readonly start: number
}

/** Returns where the content after it goes. */
const place = async (found: ZipEntry, where: Place): Promise<number> => {
  const { request, placed, output, start } = where
  const refuse = (why: string): AppError => badArchive(request.shown, `${quoted(found.filename)} ${why}`)
  const parts = parseZipName(found.filename)
  if ('problem' in parts) throw refuse(parts.problem)
  if (found.encrypted) throw refuse('is encrypted')
  const attributes = zipAttributes(found)
  if (attributes === undefined) throw refuse('is neither a file, a directory nor a symbolic link')
  const path = parts.join('/')
  if (path === '') return start
  if (placed.has(path) && !(attributes.type === 'directory' && placed.get(path)?.entry.type === 'directory'))
    throw refuse('is in it twice')
  const size = found.directory ? 0 : await copyContent(found, where)
  if (size > 0 && !found.directory && attributes.type === 'symlink' && size > maxLink)
    throw refuse('is too long a link')
  const linkName = attributes.type === 'symlink' ? readText(output, start, size) : undefined
  if (linkName === '' || linkName?.includes('\0')) throw refuse('is a link to nowhere')
  placed.set(path, { entry: additionOf(path, attributes, found, size, linkName), offset: start })
  return start + size
}

const additionOf = (
  path: string,
  { type, mode }: { readonly type: EntryType; readonly mode: number },
  found: ZipEntry,
  size: number,
  linkName: string | undefined,
): LayerAddition => ({
  kind: 'add',
  path,
  type,
  mode,
  uid: 0,
  gid: 0,
  size: type === 'file' ? size : 0,
  mtime: found.mtime,
  mtimeNsec: 0,
  ...(linkName === undefined ? {} : { linkName }),
})

const copyContent = async (
  found: ZipEntry,
  { request: { shown, signal }, source, ranges, output, start }: Place,
): Promise<number> => {
  const range = ranges.get(found)
  let size = 0
  const write = (chunk: Uint8Array): void => {
    size += chunk.length
    if (size > found.uncompressedSize || start + size > maxUnpacked)
      throw badArchive(shown, `${quoted(found.filename)} is larger than it says, or all of it is too large`)
    if (size > ratioFrom && size > maxRatio * found.compressedSize)
      throw badArchive(shown, `${quoted(found.filename)} looks like a decompression bomb`)
    for (let done = 0; done < chunk.length; )
      done += writeSync(output, chunk, done, chunk.length - done, start + size - chunk.length + done)
  }
  if (found.large)
    await found.large.getData(new WritableStream({ write }), {
      signal,
      useWebWorkers: false,
      checkSignature: true,
    })
  else if (range) write(readSmall(source, found, range))
  if (size !== found.uncompressedSize)
    throw badArchive(shown, `${quoted(found.filename)} is shorter than it says`)
  return size
}

const readText = (fd: number, offset: number, size: number): string => {
  const bytes = Buffer.alloc(size)
  readSync(fd, bytes, 0, size, offset)
  return bytes.toString('utf8')
}

const refuseBelowFile = (path: string, placed: ReadonlyMap<string, Placed>, shown: string): void => {
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    const parent = placed.get(path.slice(0, slash))
    if (parent !== undefined && parent.entry.type !== 'directory')
      throw badArchive(
        shown,
        `${quoted(path)} lies below ${quoted(parent.entry.path)}, which is no directory`,
      )
  }
}

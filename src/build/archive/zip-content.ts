import { readSync } from 'node:fs'
import { crc32, inflateRawSync } from 'node:zlib'
import type { Entry, FileEntry } from './zip.ts'
import { dosTime } from './zip-names.ts'

/** What is kept of an entry: the package's own objects are large, and there may be many. */
export interface ZipEntry
  extends Pick<
    Entry,
    | 'filename'
    | 'rawFilename'
    | 'offset'
    | 'compressionMethod'
    | 'compressedSize'
    | 'uncompressedSize'
    | 'encrypted'
    | 'directory'
    | 'versionMadeBy'
    | 'externalFileAttributes'
  > {
  readonly crc32: number
  /** Seconds since the epoch. */
  readonly mtime: number
  /** Set for a file whose content is not read by `readSmall`. */
  readonly large?: FileEntry
}

export const keptOf = (entry: Entry): ZipEntry => ({
  filename: entry.filename,
  rawFilename: entry.rawFilename,
  offset: entry.offset,
  compressionMethod: entry.compressionMethod,
  compressedSize: entry.compressedSize,
  uncompressedSize: entry.uncompressedSize,
  crc32: entry.crc32 ?? 0,
  encrypted: entry.encrypted,
  directory: entry.directory,
  versionMadeBy: entry.versionMadeBy,
  externalFileAttributes: entry.externalFileAttributes,
  mtime: timeOf(entry),
  ...(entry.directory || isSmall(entry) ? {} : { large: entry }),
})

/** A time with a zone where the archive has one (extended timestamp). */
const timeOf = (entry: Entry): number => {
  const exact = entry.extraFieldExtendedTimestamp?.lastModDate
  const seconds =
    exact === undefined ? dosTime(Number(entry.rawLastModDate)) : Math.floor(exact.getTime() / 1000)
  return Number.isFinite(seconds) ? seconds : 0
}

/** Where the header and the bytes of an entry lie in the archive; `end` is behind the last byte. */
export interface ContentRange {
  readonly start: number
  readonly content: number
  readonly end: number
}

const headerSize = 30
const headerSignature = 0x04034b50
/** Bit 3: sizes stand behind the content (APPNOTE.TXT, 4.4.4). */
const sizesFollow = 8

/** By the local header, which must say what the directory says. Undefined when it does not. */
export const locateContent = (source: number, entry: ZipEntry): ContentRange | undefined => {
  const { rawFilename, offset: start } = entry
  const header = readAt(source, start, headerSize + rawFilename.length)
  if (header.length < headerSize + rawFilename.length) return undefined
  if (header.readUInt32LE(0) !== headerSignature) return undefined
  if (header.readUInt16LE(8) !== entry.compressionMethod) return undefined
  if (header.readUInt16LE(26) !== rawFilename.length || header.compare(rawFilename, 0, undefined, headerSize))
    return undefined
  const content = start + headerSize + rawFilename.length + header.readUInt16LE(28)
  const hasSizes = (header.readUInt16LE(6) & sizesFollow) === 0
  const sizes = [header.readUInt32LE(18), header.readUInt32LE(22)]
  // All ones: in the extra field of an archive above 4 GiB.
  const isOther = sizes.some(
    (size, i) => size !== 0xffff_ffff && size !== [entry.compressedSize, entry.uncompressedSize][i],
  )
  return hasSizes && isOther ? undefined : { start, content, end: content + entry.compressedSize }
}

/** Whether any two share bytes: so bombs are made that are small and hold the same content a thousand times. */
export const areApart = (ranges: readonly ContentRange[]): boolean => {
  const sorted = ranges.toSorted((a, b) => a.start - b.start)
  return sorted.every((range, i) => range.end <= (sorted[i + 1]?.start ?? Number.POSITIVE_INFINITY))
}

/** Entries up to this size are unpacked in one go; a stream for each would take a hundred times as long. */
const smallSize = 1 << 20

const isSmall = ({
  compressionMethod,
  compressedSize,
  uncompressedSize,
}: Pick<Entry, 'compressionMethod' | 'compressedSize' | 'uncompressedSize'>): boolean =>
  (compressionMethod === 0 || compressionMethod === 8) &&
  Math.max(compressedSize, uncompressedSize) <= smallSize

/** All bytes of an entry that is not `large`. Throws for damage, and where there are more bytes than it says. */
export const readSmall = (source: number, entry: ZipEntry, range: ContentRange): Uint8Array => {
  const { compressionMethod: method, compressedSize, uncompressedSize } = entry
  const packed = readAt(source, range.content, compressedSize)
  if (packed.length < compressedSize) throw new Error('it is cut off')
  const bytes =
    method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(1, uncompressedSize) })
  if (bytes.length !== uncompressedSize) throw new Error(`${entry.filename} has another size than it says`)
  if (crc32(bytes) !== entry.crc32) throw new Error(`${entry.filename} has another checksum than it says`)
  return bytes
}

const readAt = (source: number, offset: number, length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(length)
  let done = 0
  for (let got = -1; got !== 0 && done < length; done += got)
    got = readSync(source, bytes, done, length - done, offset + done)
  return bytes.subarray(0, done)
}

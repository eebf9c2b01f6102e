import { decodePath, type EntryType } from '../../foundation/filetree/index.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { IndexAddition, IndexEntry } from './entry-types.ts'
import { badIndex } from './layer-error.ts'

/**
 * One row of an index file, little endian:
 *    0 u32 name offset   4 u16 name length   6 u8 type   7 u8 flags   8 u16 mode  10 u16 -
 *   12 u32 uid          16 u32 gid          20 u32 mtime nanoseconds  24 f64 mtime
 *   32 f64 size         40 f64 offset       48 u32 extras offset      52 u32 extras length
 *   56 u32 first child  60 u32 number of children
 * Extras, each present by flag or type: digest (32 bytes), symlink target, hard link path, inode (u16 length, bytes),
 * device (u32 major, u32 minor), xattrs (u32 count, each u16 and u32 lengths, name, value).
 */
export const rowSize = 64

export const flag = {
  opaque: 1,
  implied: 2,
  digest: 4,
  link: 8,
  hardlink: 16,
  xattrs: 32,
  inode: 64,
  offset: 128,
} as const

export type RowFlag = keyof typeof flag
export type RowType = EntryType | 'whiteout'

/** Type 0 is a whiteout. */
const types: readonly EntryType[] = ['file', 'directory', 'symlink', 'char', 'block', 'fifo', 'socket']

/** Throws `bad-index`. */
export const typeOfRow = (code: number): RowType => {
  const type = code === 0 ? 'whiteout' : types[code - 1]
  if (type === undefined) throw badIndex(`a row has the unknown type ${code}`)
  return type
}

export interface RowPlace {
  readonly row: number
  readonly nameOffset: number
  readonly nameLength: number
  readonly extrasOffset: number
  readonly extrasLength: number
  readonly firstChild: number
  readonly childCount: number
}

/** Writes the fixed part of one row; the name and the extras lie elsewhere. */
export const writeRow = (rows: DataView, place: RowPlace, entry: IndexEntry | undefined): void => {
  const at = place.row * rowSize
  rows.setUint32(at, place.nameOffset, true)
  rows.setUint16(at + 4, place.nameLength, true)
  rows.setUint32(at + 48, place.extrasOffset, true)
  rows.setUint32(at + 52, place.extrasLength, true)
  rows.setUint32(at + 56, place.firstChild, true)
  rows.setUint32(at + 60, place.childCount, true)
  if (entry?.kind !== 'add') return
  rows.setUint8(at + 6, types.indexOf(entry.type) + 1)
  rows.setUint8(at + 7, flagsOf(entry))
  rows.setUint16(at + 8, entry.mode, true)
  rows.setUint32(at + 12, entry.uid, true)
  rows.setUint32(at + 16, entry.gid, true)
  rows.setUint32(at + 20, entry.mtimeNsec, true)
  rows.setFloat64(at + 24, entry.mtime, true)
  rows.setFloat64(at + 32, entry.size, true)
  rows.setFloat64(at + 40, entry.offset ?? 0, true)
}

const flagsOf = (entry: IndexAddition): number =>
  (entry.opaque ? flag.opaque : 0) |
  (entry.implied ? flag.implied : 0) |
  (entry.contentDigest === undefined ? 0 : flag.digest) |
  (entry.linkName === undefined ? 0 : flag.link) |
  (entry.hardlink === undefined ? 0 : flag.hardlink) |
  (entry.xattrs === undefined ? 0 : flag.xattrs) |
  (entry.inode === undefined ? 0 : flag.inode) |
  (entry.offset === undefined ? 0 : flag.offset)

/** Writes the variable part of an entry, in the order of the format. */
export const writeExtras = (out: ByteWriter, entry: IndexEntry | undefined): void => {
  if (entry?.kind !== 'add') return
  if (entry.contentDigest !== undefined) out.hex(entry.contentDigest)
  if (entry.linkName !== undefined) out.shortText(entry.linkName)
  if (entry.hardlink !== undefined) out.shortText(entry.hardlink)
  if (entry.inode !== undefined) out.shortText(entry.inode)
  if (isDevice(entry.type)) {
    out.u32(entry.major ?? 0)
    out.u32(entry.minor ?? 0)
  }
  if (entry.xattrs === undefined) return
  out.u32(entry.xattrs.size)
  for (const [name, value] of entry.xattrs) {
    const key = Buffer.from(name)
    out.u16(key.length)
    out.u32(value.length)
    out.add(key)
    out.add(value)
  }
}

/** The entry of the row at byte `at` of `rows`. Throws `bad-index`. */
export const readRow = (rows: Buffer, at: number, extras: Buffer, path: string): IndexEntry => {
  const type = typeOfRow(rows[at + 6] ?? 0)
  if (type === 'whiteout') return { kind: 'whiteout', path }
  const flags = rows[at + 7] ?? 0
  const extrasAt = rows.readUInt32LE(at + 48)
  const extrasEnd = extrasAt + rows.readUInt32LE(at + 52)
  return {
    kind: 'add',
    path,
    type,
    mode: rows.readUInt16LE(at + 8),
    uid: rows.readUInt32LE(at + 12),
    gid: rows.readUInt32LE(at + 16),
    size: rows.readDoubleLE(at + 32),
    mtime: rows.readDoubleLE(at + 24),
    mtimeNsec: rows.readUInt32LE(at + 20),
    ...(flags & flag.opaque ? { opaque: true } : {}),
    ...(flags & flag.implied ? { implied: true } : {}),
    ...(flags & flag.offset ? { offset: rows.readDoubleLE(at + 40) } : {}),
    ...(extrasEnd > extrasAt ? decodeExtras(extras.subarray(extrasAt, extrasEnd), flags, type) : {}),
  }
}

type Extras = Pick<
  IndexAddition,
  'contentDigest' | 'linkName' | 'hardlink' | 'inode' | 'major' | 'minor' | 'xattrs'
>

const decodeExtras = (bytes: Buffer, flags: number, type: EntryType): Extras => {
  let at = 0
  const take = (size: number): Buffer => {
    if (at + size > bytes.length) throw badIndex('the extras of a row are cut off')
    at += size
    return bytes.subarray(at - size, at)
  }
  const text = (): string => decodePath(take(take(2).readUInt16LE()))
  // Object members are evaluated in the order of the format.
  return {
    ...(flags & flag.digest ? { contentDigest: take(32).toString('hex') } : {}),
    ...(flags & flag.link ? { linkName: text() } : {}),
    ...(flags & flag.hardlink ? { hardlink: text() } : {}),
    ...(flags & flag.inode ? { inode: text() } : {}),
    ...(isDevice(type) ? { major: take(4).readUInt32LE(), minor: take(4).readUInt32LE() } : {}),
    ...(flags & flag.xattrs ? { xattrs: takeXattrs(take) } : {}),
  }
}

const takeXattrs = (take: (size: number) => Buffer): ReadonlyMap<string, Uint8Array> => {
  const xattrs = new Map<string, Uint8Array>()
  for (let left = take(4).readUInt32LE(); left > 0; left--) {
    const nameLength = take(2).readUInt16LE()
    const valueLength = take(4).readUInt32LE()
    const name = take(nameLength).toString('utf8')
    xattrs.set(name, Buffer.from(take(valueLength)))
  }
  return xattrs
}

const isDevice = (type: EntryType): boolean => type === 'char' || type === 'block'

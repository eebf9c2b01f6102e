import { InternalError } from '../../foundation/errors/index.ts'
import { decodePath, type EntryType, encodePath } from '../../foundation/filetree/index.ts'
import type { IndexAddition, IndexEntry } from './types.ts'

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

const flag = {
  opaque: 1,
  implied: 2,
  digest: 4,
  link: 8,
  hardlink: 16,
  xattrs: 32,
  inode: 64,
  offset: 128,
} as const

/** Type 0 is a whiteout. */
const types: readonly EntryType[] = ['file', 'directory', 'symlink', 'char', 'block', 'fifo', 'socket']

export interface RowPlace {
  readonly row: number
  readonly nameOffset: number
  readonly nameLength: number
  readonly extrasOffset: number
  readonly firstChild: number
  readonly childCount: number
}

/** Writes the fixed part at `at`; the name and the extras lie elsewhere. */
export const writeRow = (
  rows: Buffer,
  place: RowPlace,
  entry: IndexEntry | undefined,
  extrasLength: number,
): void => {
  const at = place.row * rowSize
  rows.writeUInt32LE(place.nameOffset, at)
  rows.writeUInt16LE(place.nameLength, at + 4)
  rows.writeUInt32LE(place.extrasOffset, at + 48)
  rows.writeUInt32LE(extrasLength, at + 52)
  rows.writeUInt32LE(place.firstChild, at + 56)
  rows.writeUInt32LE(place.childCount, at + 60)
  if (entry?.kind !== 'add') return
  rows[at + 6] = types.indexOf(entry.type) + 1
  rows[at + 7] = flagsOf(entry)
  rows.writeUInt16LE(entry.mode, at + 8)
  rows.writeUInt32LE(entry.uid, at + 12)
  rows.writeUInt32LE(entry.gid, at + 16)
  rows.writeUInt32LE(entry.mtimeNsec, at + 20)
  rows.writeDoubleLE(entry.mtime, at + 24)
  rows.writeDoubleLE(entry.size, at + 32)
  rows.writeDoubleLE(entry.offset ?? 0, at + 40)
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

const none = Buffer.alloc(0)

/** The variable part of an entry, in the order of the format. */
export const encodeExtras = (entry: IndexEntry | undefined): Buffer => {
  if (entry?.kind !== 'add') return none
  const parts: Uint8Array[] = []
  if (entry.contentDigest !== undefined) parts.push(Buffer.from(entry.contentDigest, 'hex'))
  for (const path of [entry.linkName, entry.hardlink, entry.inode]) {
    if (path === undefined) continue
    const bytes = encodePath(path)
    parts.push(u16(bytes.length), bytes)
  }
  if (isDevice(entry.type)) parts.push(u32(entry.major ?? 0), u32(entry.minor ?? 0))
  if (entry.xattrs) {
    parts.push(u32(entry.xattrs.size))
    for (const [name, value] of entry.xattrs) {
      const key = Buffer.from(name)
      parts.push(u16(key.length), u32(value.length), key, value)
    }
  }
  return parts.length === 0 ? none : parts.length === 1 ? Buffer.from(parts[0] ?? none) : Buffer.concat(parts)
}

/** The entry of the row at byte `at` of `rows`. */
export const readRow = (rows: Buffer, at: number, extras: Buffer, path: string): IndexEntry => {
  const code = rows[at + 6] ?? 0
  if (code === 0) return { kind: 'whiteout', path }
  const type = types[code - 1]
  if (type === undefined) throw new InternalError(`layer index: unknown type ${code} of ${path}`)
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
    if (at + size > bytes.length) throw new InternalError('layer index: extras cut off')
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

const u16 = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(2)
  bytes.writeUInt16LE(value)
  return bytes
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32LE(value)
  return bytes
}

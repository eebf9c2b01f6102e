import { InternalError } from '../errors/index.ts'
import { decodePath, type EntryType, joinInRoot, type TreeEntry } from '../filetree/index.ts'

/** Fixed part of a record of native/fsops_scan.c, behind its size: byte offsets. */
const at = {
  depth: 0,
  mode: 4,
  uid: 8,
  gid: 12,
  nlink: 16,
  nsec: 20,
  size: 24,
  mtime: 32,
  ino: 40,
  devMajor: 48,
  devMinor: 52,
  rdevMajor: 56,
  rdevMinor: 60,
  nameLength: 64,
  linkLength: 66,
  xattrCount: 68,
  name: 72,
} as const

/** By the S_IFMT bits of st_mode. */
const types: ReadonlyMap<number, EntryType> = new Map([
  [0o010000, 'fifo'],
  [0o020000, 'char'],
  [0o040000, 'directory'],
  [0o060000, 'block'],
  [0o100000, 'file'],
  [0o120000, 'symlink'],
  [0o140000, 'socket'],
])

/** Decodes the output of `fsops scan`. */
export const decodeScan = (bytes: Buffer): readonly TreeEntry[] => {
  const entries: TreeEntry[] = []
  /** Paths of the directories on the way to the last record. */
  const trail: string[] = []
  for (let from = 0; ; ) {
    const size = from + 4 <= bytes.length ? bytes.readUInt32LE(from) : undefined
    from += 4
    if (size === 0) return entries
    if (size === undefined || from + size > bytes.length) throw new InternalError('scan: output is cut off')
    const depth = bytes.readUInt32LE(from + at.depth)
    const nameEnd = from + at.name + bytes.readUInt16LE(from + at.nameLength)
    const name = decodePath(bytes.subarray(from + at.name, nameEnd))
    const path = depth === 0 ? '' : joinInRoot(trail[depth - 1] ?? '', name)
    trail.length = depth
    trail.push(path)
    entries.push(decodeRecord(bytes, from, path, nameEnd))
    from += size
  }
}

type Draft = { -readonly [K in keyof TreeEntry]: TreeEntry[K] }

// Optional members are assigned: object spread would double the time of a scan.
const decodeRecord = (bytes: Buffer, from: number, path: string, linkAt: number): TreeEntry => {
  const mode = bytes.readUInt32LE(from + at.mode)
  const type = types.get(mode & 0o170000)
  if (type === undefined) throw new InternalError(`scan: unknown file type of ${path}`)
  const linkEnd = linkAt + bytes.readUInt16LE(from + at.linkLength)
  const xattrCount = bytes.readUInt32LE(from + at.xattrCount)
  const entry: Draft = {
    path,
    type,
    mode: mode & 0o7777,
    uid: bytes.readUInt32LE(from + at.uid),
    gid: bytes.readUInt32LE(from + at.gid),
    size: type === 'file' ? u64(bytes, from + at.size) : 0,
    mtime: i64(bytes, from + at.mtime),
    mtimeNsec: bytes.readUInt32LE(from + at.nsec),
  }
  if (type === 'symlink') entry.linkName = decodePath(bytes.subarray(linkAt, linkEnd))
  if (type === 'char' || type === 'block') {
    entry.major = bytes.readUInt32LE(from + at.rdevMajor)
    entry.minor = bytes.readUInt32LE(from + at.rdevMinor)
  }
  if (xattrCount > 0) entry.xattrs = decodeXattrs(bytes, linkEnd, xattrCount)
  if (type !== 'directory' && bytes.readUInt32LE(from + at.nlink) > 1) entry.inode = inodeOf(bytes, from)
  return entry
}

/** Exact up to 2^53, as sizes and times are. */
const u64 = (bytes: Buffer, from: number): number =>
  bytes.readUInt32LE(from + 4) * 2 ** 32 + bytes.readUInt32LE(from)

const i64 = (bytes: Buffer, from: number): number =>
  bytes.readInt32LE(from + 4) * 2 ** 32 + bytes.readUInt32LE(from)

const inodeOf = (bytes: Buffer, from: number): string =>
  [
    bytes.readUInt32LE(from + at.devMajor),
    bytes.readUInt32LE(from + at.devMinor),
    bytes.readBigUInt64LE(from + at.ino),
  ].join(':')

const decodeXattrs = (bytes: Buffer, from: number, count: number): ReadonlyMap<string, Uint8Array> => {
  const xattrs = new Map<string, Uint8Array>()
  let position = from
  for (let i = 0; i < count; i++) {
    const nameEnd = position + 6 + bytes.readUInt16LE(position)
    const valueEnd = nameEnd + bytes.readUInt32LE(position + 2)
    // A copy: the value must not keep the whole output alive.
    const value = Buffer.from(bytes.subarray(nameEnd, valueEnd))
    xattrs.set(bytes.toString('utf8', position + 6, nameEnd), value)
    position = valueEnd
  }
  return xattrs
}

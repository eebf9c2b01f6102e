import type { Stats } from 'node:fs'
import type { EntryType, TreeEntry } from '../../foundation/filetree/index.ts'
import type { CachedNode, FileStamp } from './file-stamp.ts'
import type { PackedNames } from './packed-names.ts'
import {
  isLinked,
  recordDigest,
  recordFileSize,
  recordInode,
  recordMode,
  recordMtime,
  recordRest,
  recordStamp,
} from './stat-records.ts'

/** One visible path of a context: an entry, and what only this room knows of it. Made of its record whenever it is asked for. */
export interface ContextNode extends TreeEntry {
  /** The context it belongs to. */
  readonly owner: object
  /** Its directory's names, and where its record begins there. */
  readonly names: PackedNames
  readonly at: number
}

/** Member by member: this runs once for every file. */
export const nodeOf = (owner: object, path: string, names: PackedNames, at: number): ContextNode => {
  const { bytes } = names
  const statMode = recordMode(bytes, at)
  const type = typeOf(statMode)
  const mtimeMs = recordMtime(bytes, at)
  const mtime = Math.floor(mtimeMs / 1000)
  const node: { -readonly [K in keyof ContextNode]: ContextNode[K] } = {
    path,
    type,
    mode: statMode & 0o7777,
    uid: 0,
    gid: 0,
    size: type === 'file' ? recordFileSize(bytes, at) : 0,
    mtime,
    mtimeNsec: Math.round((mtimeMs - mtime * 1000) * 1e6),
    owner,
    names,
    at,
  }
  if (type === 'file') {
    if (isLinked(bytes, at)) node.inode = recordInode(bytes, at)
  } else if (type === 'symlink') {
    node.linkName = recordRest(bytes, at)
  } else if (type === 'char' || type === 'block') {
    const [major = 0, minor = 0] = recordRest(bytes, at).split(':').map(Number)
    node.major = major
    node.minor = minor
  }
  return node
}

/** Lower-case hex sha256 of a file: known from the stat cache or taken when first asked for. */
export const digestOf = ({ names, at }: ContextNode): string | undefined => recordDigest(names.bytes, at)

/** `linkName`: target of a symlink. */
export const factsOf = (name: string, stats: Stats, linkName: string): CachedNode => ({
  name,
  digest: undefined,
  size: stats.size,
  mtimeMs: stats.mtimeMs,
  ctimeMs: stats.ctimeMs,
  ino: stats.ino,
  dev: stats.dev,
  mode: stats.mode,
  linked: stats.nlink > 1,
  rest: stats.isCharacterDevice() || stats.isBlockDevice() ? deviceOf(stats.rdev) : linkName,
})

export const stampOf = ({ names, at }: ContextNode): FileStamp => recordStamp(names.bytes, at)

/** The type by st_mode; inode(7), "The file type and mode". As docker has it, a socket is an empty file: its name is all it has. */
export const typeOf = (mode: number): EntryType => types.get(mode & 0o170000) ?? 'file'

const types: ReadonlyMap<number, EntryType> = new Map([
  [0o100000, 'file'],
  [0o040000, 'directory'],
  [0o120000, 'symlink'],
  [0o020000, 'char'],
  [0o060000, 'block'],
  [0o010000, 'fifo'],
])

/** Linux packs device numbers as low 8 bits of minor, 12 of major, the rest of minor, the rest of major (makedev(3)). */
const deviceOf = (rdev: number): string => {
  const device = BigInt(rdev)
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn)
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn & 0xffffffffn)
  return `${major}:${minor}`
}

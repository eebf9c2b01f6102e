import type { Stats } from 'node:fs'
import type { EntryType, TreeEntry } from '../../foundation/filetree/index.ts'
import type { IgnoreState } from './ignore-matcher.ts'
import type { CachedNode, FileStamp } from './stat-cache.ts'

/** One visible path of a context: an entry, and what only this room knows of it. Flat: a context has many of these. */
export interface ContextNode extends TreeEntry {
  /** The context it belongs to. */
  readonly owner: object
  /** With mode and size of lstat, the file's stamp (FileStamp). */
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly ino: number
  readonly dev: number
  readonly statMode: number
  readonly statSize: number
  /** Of a file: known from the stat cache or taken when first asked for. */
  digest: string | undefined
  /** Of a directory. */
  readonly ignore: IgnoreState | undefined
}

export interface NodeOrigin {
  readonly owner: object
  readonly path: string
  readonly digest: string | undefined
  readonly ignore: IgnoreState | undefined
}

/** What lstat, or the cache in its place, says of a path. */
export type NodeFacts = FileStamp & Pick<CachedNode, 'linked' | 'rest'>

/** A node of something that a context can hold. Member by member: this runs once for every file. */
export const nodeOf = (origin: NodeOrigin, type: EntryType, facts: NodeFacts): ContextNode => {
  const mtime = Math.floor(facts.mtimeMs / 1000)
  const node: { -readonly [K in keyof ContextNode]: ContextNode[K] } = {
    path: origin.path,
    type,
    mode: facts.mode & 0o7777,
    uid: 0,
    gid: 0,
    size: type === 'file' ? facts.size : 0,
    mtime,
    mtimeNsec: Math.round((facts.mtimeMs - mtime * 1000) * 1e6),
    owner: origin.owner,
    mtimeMs: facts.mtimeMs,
    ctimeMs: facts.ctimeMs,
    ino: facts.ino,
    dev: facts.dev,
    statMode: facts.mode,
    statSize: facts.size,
    digest: origin.digest,
    ignore: origin.ignore,
  }
  if (type === 'file') {
    if (facts.linked) node.inode = `${facts.dev}:${facts.ino}`
  } else if (type === 'symlink') {
    node.linkName = facts.rest
  } else if (type === 'char' || type === 'block') {
    const [major = 0, minor = 0] = facts.rest.split(':').map(Number)
    node.major = major
    node.minor = minor
  }
  return node
}

/** `linkName`: target of a symlink. */
export const factsOf = (stats: Stats, linkName: string): NodeFacts => ({
  size: stats.size,
  mtimeMs: stats.mtimeMs,
  ctimeMs: stats.ctimeMs,
  ino: stats.ino,
  dev: stats.dev,
  mode: stats.mode,
  linked: stats.nlink > 1,
  rest: stats.isCharacterDevice() || stats.isBlockDevice() ? deviceOf(stats.rdev) : linkName,
})

export const stampOf = (node: ContextNode): FileStamp => ({
  size: node.statSize,
  mtimeMs: node.mtimeMs,
  ctimeMs: node.ctimeMs,
  ino: node.ino,
  dev: node.dev,
  mode: node.statMode,
})

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

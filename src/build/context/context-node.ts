import type { Stats } from 'node:fs'
import type { EntryType, TreeEntry } from '../../foundation/filetree/index.ts'
import type { IgnoreState } from './ignore-matcher.ts'

/** One visible path of a context: its entry and what only this room knows of it. Flat: a context has many of these. */
export interface ContextNode {
  readonly entry: TreeEntry
  /** Stamp of the file, see FileStamp. */
  readonly size: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly ino: number
  readonly dev: number
  readonly mode: number
  /** Of a file: known from the stat cache or taken when first asked for. */
  digest: string | undefined
  /** Of a directory. */
  readonly ignore: IgnoreState | undefined
}

export const nodeOf = (
  entry: TreeEntry,
  stats: Stats,
  known: { readonly digest: string | undefined; readonly ignore: IgnoreState | undefined },
): ContextNode => ({
  entry,
  size: stats.size,
  mtimeMs: stats.mtimeMs,
  ctimeMs: stats.ctimeMs,
  ino: stats.ino,
  dev: stats.dev,
  mode: stats.mode,
  digest: known.digest,
  ignore: known.ignore,
})

/** Undefined for what a context never holds (sockets). */
export const entryOf = (path: string, stats: Stats, linkName: string | undefined): TreeEntry | undefined => {
  const type = typeOf(stats)
  if (type === 'socket') return undefined
  const mtime = Math.floor(stats.mtimeMs / 1000)
  const mode = stats.mode & 0o7777
  const mtimeNsec = Math.round((stats.mtimeMs - mtime * 1000) * 1e6)
  // Without object spread: this runs once for every file.
  if (type === 'file') {
    const file = { path, type, mode, uid: 0, gid: 0, size: stats.size, mtime, mtimeNsec } as const
    return stats.nlink > 1 ? { ...file, inode: `${stats.dev}:${stats.ino}` } : file
  }
  const other = { path, type, mode, uid: 0, gid: 0, size: 0, mtime, mtimeNsec } as const
  if (linkName !== undefined) return { ...other, linkName }
  return type === 'char' || type === 'block' ? { ...other, ...deviceOf(stats.rdev) } : other
}

/** inode(7), "The file type and mode". */
const types: ReadonlyMap<number, EntryType> = new Map([
  [0o100000, 'file'],
  [0o040000, 'directory'],
  [0o120000, 'symlink'],
  [0o020000, 'char'],
  [0o060000, 'block'],
  [0o010000, 'fifo'],
])

const typeOf = (stats: Stats): EntryType => types.get(stats.mode & 0o170000) ?? 'socket'

/** Linux packs device numbers as low 8 bits of minor, 12 of major, the rest of minor, the rest of major (makedev(3)). */
const deviceOf = (rdev: number): { readonly major: number; readonly minor: number } => {
  const device = BigInt(rdev)
  return {
    major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn)),
    minor: Number((device & 0xffn) | ((device >> 12n) & ~0xffn & 0xffffffffn)),
  }
}

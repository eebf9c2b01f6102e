import type { Stats } from 'node:fs'
import type { EntryType, TreeEntry } from '../../foundation/filetree/index.ts'
import type { IgnoreState } from './ignore-matcher.ts'
import type { FileStamp } from './stat-cache.ts'

/** One visible path of a context: its entry and what only this room knows of it. */
export interface ContextNode {
  readonly entry: TreeEntry
  readonly stamp: FileStamp
  /** Of a file: known from the stat cache or taken when first asked for. */
  digest: string | undefined
  /** Of a directory. */
  readonly ignore: IgnoreState | undefined
}

/** Undefined for what a context never holds (sockets). */
export const entryOf = (path: string, stats: Stats, linkName: string | undefined): TreeEntry | undefined => {
  const type = typeOf(stats)
  if (type === 'socket') return undefined
  const seconds = Math.floor(stats.mtimeMs / 1000)
  return {
    path,
    type,
    mode: stats.mode & 0o7777,
    uid: 0,
    gid: 0,
    size: type === 'file' ? stats.size : 0,
    mtime: seconds,
    mtimeNsec: Math.round((stats.mtimeMs - seconds * 1000) * 1e6),
    ...(linkName === undefined ? {} : { linkName }),
    ...(type === 'char' || type === 'block' ? deviceOf(stats.rdev) : {}),
    ...(type === 'file' && stats.nlink > 1 ? { inode: `${stats.dev}:${stats.ino}` } : {}),
  }
}

export const stampOf = (name: string, stats: Stats): FileStamp => ({
  name,
  size: stats.size,
  mtimeMs: stats.mtimeMs,
  ctimeMs: stats.ctimeMs,
  ino: stats.ino,
  dev: stats.dev,
  mode: stats.mode,
})

const typeOf = (stats: Stats): EntryType => {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isCharacterDevice()) return 'char'
  if (stats.isBlockDevice()) return 'block'
  return stats.isFIFO() ? 'fifo' : 'socket'
}

/** Linux packs device numbers as low 8 bits of minor, 12 of major, the rest of minor, the rest of major (makedev(3)). */
const deviceOf = (rdev: number): { readonly major: number; readonly minor: number } => {
  const device = BigInt(rdev)
  return {
    major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn)),
    minor: Number((device & 0xffn) | ((device >> 12n) & ~0xffn & 0xffffffffn)),
  }
}

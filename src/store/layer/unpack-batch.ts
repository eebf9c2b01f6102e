import { parentOf } from '../../foundation/filetree/index.ts'
import type { FsOp } from '../../foundation/native/index.ts'
import type { IndexAddition, IndexEntry } from './types.ts'

export interface BatchOptions {
  readonly ignoreOwner: boolean
  /** Namespace of overlay's xattrs: `user` for mounts with `userxattr`. */
  readonly overlayXattrs: 'trusted' | 'user'
}

/**
 * What is left to do once files and directories exist: symlinks, nodes, whiteouts, links to them, xattrs, times finer than
 * seconds, and last of all the metadata of directories, since everything above changes their times.
 */
export const unpackBatch = (entries: readonly IndexEntry[], options: BatchOptions): readonly FsOp[] => {
  const nodes: FsOp[] = []
  const directories: FsOp[] = []
  const removing = new Set(
    entries.flatMap((entry) => (entry.kind === 'whiteout' ? parentOf(entry.path) : [])),
  )
  for (const entry of entries) {
    if (entry.kind === 'whiteout')
      nodes.push({ op: 'mknod', path: entry.path, type: 'char', mode: 0, major: 0, minor: 0 })
    else if (entry.type === 'directory')
      directories.push(...directoryOps(entry, options, removing.has(entry.path)))
    else if (entry.type === 'file') nodes.push(...fileOps(entry))
    else nodes.push(...nodeOps(entry, options))
  }
  return [...nodes, ...directories]
}

const fileOps = (entry: IndexAddition): readonly FsOp[] =>
  entry.hardlink === undefined && (entry.xattrs || entry.mtimeNsec !== 0)
    ? [...xattrOps(entry), timesOp(entry)]
    : []

const nodeOps = (entry: IndexAddition, options: BatchOptions): readonly FsOp[] => {
  if (entry.hardlink !== undefined) return [{ op: 'link', path: entry.path, target: entry.hardlink }]
  return [makeOp(entry), ...ownerOps(entry, options), ...xattrOps(entry), timesOp(entry)]
}

const makeOp = (entry: IndexAddition): FsOp => {
  const { path, type, mode, major, minor } = entry
  return type === 'char' || type === 'block' || type === 'fifo'
    ? { op: 'mknod', path, type, mode, major: major ?? 0, minor: minor ?? 0 }
    : { op: 'symlink', path, target: entry.linkName ?? '' }
}

/**
 * Overlay lists a directory that only one layer has without looking for whiteouts in it, unless the directory says that
 * it was copied up (`origin`; empty for "from where is unknown"). A whiteout without anything to remove would show.
 */
const directoryOps = (entry: IndexAddition, options: BatchOptions, removing: boolean): readonly FsOp[] => {
  const { path, mode } = entry
  const overlay = (name: string, value: string): FsOp => ({
    op: 'xattr',
    path,
    name: `${options.overlayXattrs}.overlay.${name}`,
    value: Buffer.from(value),
  })
  return [
    ...ownerOps(entry, options),
    { op: 'mode', path, mode },
    ...xattrOps(entry),
    // Overlay looks for it on directories that it finds by name; the root of a layer has none.
    ...(entry.opaque && path !== '' ? [overlay('opaque', 'y')] : []),
    ...(removing && path !== '' ? [overlay('origin', '')] : []),
    timesOp(entry),
  ]
}

const ownerOps = (entry: IndexAddition, options: BatchOptions): readonly FsOp[] =>
  options.ignoreOwner ? [] : [{ op: 'owner', path: entry.path, uid: entry.uid, gid: entry.gid }]

const timesOp = ({ path, mtime, mtimeNsec }: IndexAddition): FsOp => ({ op: 'times', path, mtime, mtimeNsec })

const xattrOps = (entry: IndexAddition): readonly FsOp[] =>
  [...(entry.xattrs ?? [])].map(([name, value]) => ({
    op: 'xattr',
    path: entry.path,
    name,
    value,
    optional: true,
  }))

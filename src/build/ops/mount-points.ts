import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type FileTree, parentOf, type TreeEntry } from '../../foundation/filetree/index.ts'
import type { RootMount } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { byTreeOrder } from '../../store/layer/index.ts'
import { writeEntries } from '../../store/snapshot/index.ts'

/** Where something is to be mounted in a tree: a real path of it, without symlinks. */
export interface MountPoint {
  readonly path: string
  readonly type: 'directory' | 'file'
}

/**
 * The root with the mount points that its tree lacks, in a layer of their own below what a step writes: so they never get into
 * the step's layer, nor do changed times of the directories they are in. That layer is made at `directory`, on top of the others
 * (a lowest one would be hidden by what later layers removed), with the directories above as they are. Roots that are no
 * overlay stay as they are.
 */
export const withMountPoints = (
  root: RootMount,
  tree: FileTree,
  options: { readonly points: readonly MountPoint[]; readonly directory: HostPath; readonly now: number },
): RootMount => {
  if (root.kind !== 'overlay') return root
  const entries = missingEntries(tree, options.points, Math.floor(options.now / 1000))
  if (entries.length === 0) return root
  const top = tree.lookup('')
  mkdirSync(dirname(options.directory), { recursive: true, mode: 0o700 })
  mkdirSync(options.directory)
  chownSync(options.directory, top?.uid ?? 0, top?.gid ?? 0)
  chmodSync(options.directory, top?.mode ?? 0o755)
  writeEntries(options.directory, (writer) => {
    for (const entry of entries) {
      if (entry.type === 'file')
        writer.add({ ...entry, kind: 'add' }, { kind: 'bytes', bytes: new Uint8Array(0) })
      else writer.add({ ...entry, kind: 'add' })
    }
  })
  return { ...root, lower: [options.directory, ...root.lower] }
}

/** The missing ones and the directories above them, in tree order. */
const missingEntries = (
  tree: FileTree,
  points: readonly MountPoint[],
  mtime: number,
): readonly TreeEntry[] => {
  const entries = new Map<string, TreeEntry>()
  for (const { path, type } of points) {
    if (path === '' || tree.lookup(path) || !isBelowDirectories(tree, path)) continue
    entries.set(path, made(path, type, mtime))
    for (let up = parentOf(path); up !== ''; up = parentOf(up))
      if (entries.get(up)?.type !== 'directory')
        entries.set(up, existing(tree, up) ?? made(up, 'directory', mtime))
  }
  return [...entries.values()].sort((a, b) => byTreeOrder(a.path, b.path))
}

/** Something else than a directory on the way is for the mount itself to complain of. */
const isBelowDirectories = (tree: FileTree, path: string): boolean => {
  for (let up = parentOf(path); up !== ''; up = parentOf(up)) {
    const found = tree.lookup(up)
    if (found && (found.type !== 'directory' || found.path !== up)) return false
  }
  return true
}

const existing = (tree: FileTree, path: string): TreeEntry | undefined => {
  const found = tree.lookup(path)
  if (!found) return undefined
  const { inode: _, ...entry } = found
  return entry
}

const made = (path: string, type: MountPoint['type'], mtime: number): TreeEntry => ({
  path,
  type,
  mode: type === 'directory' ? 0o755 : 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime,
  mtimeNsec: 0,
})

import { exitCode } from '../../../foundation/errors/index.ts'
import { joinInRoot, parentOf } from '../../../foundation/filetree/index.ts'
import { SnapshotError } from '../errors.ts'
import type { MergedNode, MergedTree } from './merged-tree.ts'

/** As in Linux (path_resolution(7)). */
const maxSymlinks = 40

/**
 * Walks `path` from the root of the tree as the kernel would in a chroot: absolute targets start at the root, `..` of
 * the root is the root. `follow` says whether a symlink at the end is followed. Error: `symlink-loop`.
 */
export const resolveInTree = (tree: MergedTree, path: string, follow: boolean): MergedNode | undefined => {
  const pending = partsOf(path)
  let here = tree.node('')
  let followed = 0
  for (let part = pending.pop(); part !== undefined && here; part = pending.pop()) {
    if (here.entry.type !== 'directory') return undefined
    if (part === '..') {
      here = tree.node(parentOf(here.entry.path))
      continue
    }
    const next = tree.node(joinInRoot(here.entry.path, part))
    if (next?.entry.type !== 'symlink' || (pending.length === 0 && !follow)) {
      here = next
      continue
    }
    if (++followed > maxSymlinks) throw tooManyLinks(path)
    const target = next.entry.linkName ?? ''
    pending.push(...partsOf(target))
    if (target.startsWith('/')) here = tree.node('')
  }
  return here
}

/** Last component first. */
const partsOf = (path: string): string[] =>
  path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reverse()

const tooManyLinks = (path: string): SnapshotError =>
  new SnapshotError('symlink-loop', `look up /${path}: more than ${maxSymlinks} symbolic links (ELOOP)`, {
    exitCode: exitCode.failed,
    hint: 'look for a symbolic link that leads back to itself',
  })

import { AppError, InternalError } from '../../foundation/errors/index.ts'
import type { FileTree, TreeEntry } from '../../foundation/filetree/index.ts'
import type { SnapshotStore, Stack } from '../../store/snapshot/index.ts'
import { treeDigestOf } from '../context/index.ts'
import type { ExecMount, InputIndex } from '../graph/index.ts'

/** A file or directory of an input, found with symlinks resolved inside that input (SECURITY 43). */
export interface MountSource {
  readonly stack: Stack
  readonly tree: FileTree
  /** With the resolved path. */
  readonly entry: TreeEntry
}

export interface MountSources {
  /** Of bind mounts and of caches with initial content; undefined for all others. Throws `missing-mount-source`. */
  of(mount: ExecMount): MountSource | undefined
  /** Digest of its content, with modes and owners, without times. */
  digestOf(mount: ExecMount): string | undefined
}

export const mountSources = (
  snapshots: SnapshotStore,
  stackAt: (input: InputIndex) => Stack,
): MountSources => {
  const of = (mount: ExecMount): MountSource | undefined => {
    const from = sourceOf(mount)
    if (!from) return undefined
    const stack = stackAt(from.input)
    const tree = snapshots.union(stack)
    const entry = tree.lookup(from.source, { follow: true })
    if (!entry) throw missing(mount, from.source)
    return { stack, tree, entry }
  }
  return {
    of,
    digestOf: (mount) => {
      const found = of(mount)
      return found && treeDigestOf(found.tree, found.entry)
    },
  }
}

const sourceOf = (mount: ExecMount): { readonly input: InputIndex; readonly source: string } | undefined => {
  if (mount.kind === 'bind') return mount
  return mount.kind === 'cache' ? mount.from : undefined
}

const missing = (mount: ExecMount, source: string): AppError => {
  if (mount.target === undefined) throw new InternalError('mount: a source without a target')
  return new AppError(
    'missing-mount-source',
    `mount ${source} at ${mount.target}: there is no such file or directory in what it is taken from`,
    {
      hint: 'check source= and from= of the mount; files that .dockerignore leaves out are not there',
    },
  )
}

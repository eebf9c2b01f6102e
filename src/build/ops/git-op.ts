import { baseOf, type TreeEntry } from '../../foundation/filetree/index.ts'
import type { LayerTarWriter } from '../../store/layer/index.ts'
import { openDirectoryContext } from '../context/index.ts'
import type { GitOp } from '../graph/index.ts'
import { commitTime, fetchGit, type GitCommit, type GitTree, resolveGit } from '../remote/index.ts'
import { shownUrl } from '../source-url/index.ts'
import type { FetchStep, PreparedFetch } from './http-op.ts'

/** Files of a commit, keyed by its id: the server is asked what a branch or tag is now, and nothing is fetched before that is new. */
export const prepareGit = async (
  op: GitOp,
  { context, environment }: Pick<FetchStep, 'context' | 'environment'>,
): Promise<PreparedFetch> => {
  const { snapshots, remote } = environment
  const found = await resolveGit(op, remote, context.signal)
  return {
    components: componentsOf(op, found),
    time: () => commitTime(op, found, remote, context.signal),
    execute: async () => {
      const created = environment.now()
      using tree = await fetchGit(op, found, remote, context.signal)
      const mtime = op.mtime === 'commit' ? tree.committed : Math.floor(created / 1000)
      const layer = snapshots.writeLayer((writer) =>
        writeGitTree(tree, { mtime, keepGitDir: op.keepGitDir }, writer),
      )
      return { stack: [layer], created }
    },
  }
}

const componentsOf = (op: GitOp, { commit, tag, name }: GitCommit): PreparedFetch['components'] => [
  { name: 'op', value: 'git' },
  // Submodules may be named relative to it.
  { name: 'remote', value: shownUrl(op.remote) },
  { name: 'commit', value: commit },
  { name: 'subdir', value: op.subdir ?? '' },
  { name: 'git dir', value: op.keepGitDir ? `${tag ?? ''} ${name ?? ''}` : 'none' },
  { name: 'submodules', value: String(op.submodules !== false) },
  { name: 'mtime', value: op.mtime ?? 'checkout' },
]

/** Owned by root, with the only modes that git knows: nothing of this process's umask. */
const writeGitTree = (
  { directory }: GitTree,
  { mtime, keepGitDir }: { readonly mtime: number; readonly keepGitDir: boolean },
  writer: LayerTarWriter,
): void => {
  const files = openDirectoryContext({ directory })
  const add = (entry: TreeEntry): void => {
    const plain = {
      kind: 'add',
      path: entry.path,
      type: entry.type,
      mode: modeOf(entry),
      uid: 0,
      gid: 0,
      size: entry.size,
      mtime,
      mtimeNsec: 0,
      ...(entry.linkName === undefined ? {} : { linkName: entry.linkName }),
    } as const
    if (entry.type === 'file') writer.add(plain, files.content(entry))
    else writer.add(plain)
    if (entry.type !== 'directory') return
    // Submodules have files of that name that lead to what is not kept; no repository can have one.
    for (const child of files.children(entry.path))
      if (keepGitDir || baseOf(child.path) !== '.git') add(child)
  }
  const root = files.lookup('')
  if (root) add(root)
}

const modeOf = ({ type, mode }: TreeEntry): number => {
  if (type === 'directory') return 0o755
  if (type === 'symlink') return 0o777
  const own = (mode >> 6) & 7
  // What the owner may, others may too, but for writing.
  return (own << 6) | ((own & 5) * 0o11)
}

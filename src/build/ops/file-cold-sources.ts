import type { FileTree, TreeEntry } from '../../foundation/filetree/index.ts'
import type { FileCount } from '../context/index.ts'
import type { FileOp } from '../graph/index.ts'
import { type CopySource, type FileOpInputs, resolveSources } from './file-sources.ts'

/** Below this many files reading them twice is no matter. */
const worthwhile = 200
/** Bytes from which on it is, of however few files. */
const manyBytes = 32 << 20

/**
 * Whether most files that the op copies would have to be read for the cache key. Then the layer is better written at once: the
 * key falls off on the way, and each file is read once instead of twice.
 */
export const copiesColdFiles = (op: FileOp, from: FileOpInputs): boolean => {
  let [files, cold, coldBytes] = [0, 0, 0]
  for (const action of op.actions) {
    if (action.kind !== 'copy') continue
    const { context, sources } = resolveSources(action, from)
    for (const source of sources) {
      const count = countFiles(source, context ?? source.tree)
      files += count.files
      cold += count.cold
      coldBytes += count.coldBytes
    }
  }
  return (cold >= worthwhile || coldBytes >= manyBytes) && cold * 2 > files
}

/** What can be copied from: the build context counts by itself. */
interface CountingTree extends FileTree {
  countFiles?(entry: TreeEntry): FileCount
}

const countFiles = (source: CopySource, tree: CountingTree): FileCount => {
  const isWhole = source.view === source.tree && tree.countFiles !== undefined
  const countOne = (entry: TreeEntry): FileCount => tree.countFiles?.(entry) ?? countUnread(entry, tree)
  if (isWhole || source.entry.type === 'file') return countOne(source.entry)
  let [files, cold, coldBytes] = [0, 0, 0]
  const pending = source.entry.type === 'directory' ? [...source.view.children(source.entry.path)] : []
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    if (entry.type === 'directory') pending.push(...source.view.children(entry.path))
    if (entry.type !== 'file') continue
    const count = countOne(entry)
    files += count.files
    cold += count.cold
    coldBytes += count.coldBytes
  }
  return { files, cold, coldBytes }
}

const countUnread = (file: TreeEntry, { unread }: FileTree): FileCount =>
  unread?.has(file) === true
    ? { files: 1, cold: 1, coldBytes: file.size }
    : { files: 1, cold: 0, coldBytes: 0 }

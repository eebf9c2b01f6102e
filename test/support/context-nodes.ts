import type { ContextNode } from '../../src/build/context/context-node.ts'
import { recordNode } from '../../src/build/context/stat-records.ts'
import type { TreeEntry } from '../../src/foundation/filetree/index.ts'

/** All that a context knows of an entry, but for what tells its objects apart: digests, and the times of changes of inodes. */
export const plainNode = (entry: TreeEntry): unknown => {
  if (!isNode(entry)) throw new Error(`${entry.path} is not of a context`)
  const { owner: _, names, at, ...rest } = entry
  return { ...rest, record: { ...recordNode(names.bytes, at), digest: undefined, ctimeMs: 0 } }
}

const isNode = (entry: TreeEntry): entry is ContextNode => 'names' in entry && 'at' in entry

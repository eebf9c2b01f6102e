import type { TreeEntry } from '../../foundation/filetree/index.ts'
import type { ContextNode } from './context-node.ts'
import type { ContextNodes } from './context-nodes.ts'
import { computeChildrenDigest } from './tree-digest.ts'
import type { BuildContext, FileCount } from './types.ts'
import {
  countRecords,
  type RememberedContext,
  type UnchangedDirectories,
  worthAsking,
} from './unchanged-directories.ts'

/** The part of a context that speaks of whole directories. */
export interface TreeDigests extends Pick<BuildContext, 'countFiles' | 'childrenDigest'> {
  /** Digest of a directory, if it is known by now. */
  known(directory: string): string | undefined
  /** Whether remembering them would save the next build from listing many files. */
  areNew(remembered: RememberedContext): boolean
}

/** Digests of directories: those of an earlier build where nothing has changed, others computed once. */
export const createTreeDigests = (
  nodes: ContextNodes,
  unchanged: UnchangedDirectories,
  context: () => BuildContext,
): TreeDigests => {
  const computed = new Map<string, string>()
  const check = (entry: TreeEntry): void =>
    unchanged.check(entry.path, (directory) => nodes.listed.has(directory))
  const count = (entry: ContextNode): FileCount => {
    if (entry.type === 'file' && entry.digest === undefined)
      return { files: 1, cold: 1, coldBytes: entry.size }
    if (entry.type === 'file') return { files: 1, cold: 0, coldBytes: 0 }
    if (entry.type !== 'directory') return nothing
    if (unchanged.treeDigest(entry.path) !== undefined)
      return { files: unchanged.filesBelow(entry.path), cold: 0, coldBytes: 0 }
    return nodes.in(entry.path).map(count).reduce(plus, nothing)
  }
  return {
    childrenDigest(directory) {
      check(directory)
      const digest =
        computed.get(directory.path) ??
        unchanged.treeDigest(directory.path) ??
        computeChildrenDigest(context(), directory)
      computed.set(directory.path, digest)
      return digest
    },
    countFiles(entry) {
      check(entry)
      const node = nodes.at(entry.path)
      if (node === undefined) return nothing
      nodes.listBelow(node)
      return count(node)
    },
    known: (directory) => computed.get(directory) ?? unchanged.treeDigest(directory),
    areNew({ cache, rules }) {
      if (countRecords(cache, cache.directories()) < worthAsking) return false
      return [...computed].some(
        ([path, digest]) => cache.rules !== rules || cache.summary(path)?.treeDigest !== digest,
      )
    },
  }
}

const nothing: FileCount = { files: 0, cold: 0, coldBytes: 0 }

const plus = (a: FileCount, b: FileCount): FileCount => ({
  files: a.files + b.files,
  cold: a.cold + b.cold,
  coldBytes: a.coldBytes + b.coldBytes,
})

import type { TreeEntry } from '../../foundation/filetree/index.ts'
import { typeOf } from './context-node.ts'
import type { ContextNodes } from './context-nodes.ts'
import { type PackedNames, recordsOf } from './packed-names.ts'
import { recordFileSize, recordHasDigest, recordMode } from './stat-records.ts'
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
  /** Directories that nobody has listed below, since their digests are those of an earlier build. */
  trusted(): readonly string[]
  /** Digest of a directory, if it is known by now. */
  known(directory: string): string | undefined
  /** How many this build has made. */
  computed(): number
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
  const trusted = new Set<string>()
  const check = (entry: TreeEntry): void =>
    unchanged.check(entry.path, (directory) => nodes.listed.has(directory))
  const countBelow = (directory: string): FileCount => {
    if (unchanged.treeDigest(directory) !== undefined)
      return { files: unchanged.filesBelow(directory), cold: 0, coldBytes: 0 }
    return nodes
      .directoriesIn(directory)
      .map(countBelow)
      .reduce(plus, countIn(nodes.names(directory)))
  }
  return {
    childrenDigest(directory) {
      check(directory)
      const before = computed.get(directory.path)
      if (before !== undefined) return before
      const earlier = unchanged.treeDigest(directory.path)
      if (earlier !== undefined) trusted.add(directory.path)
      const digest = earlier ?? computeChildrenDigest(context(), directory)
      computed.set(directory.path, digest)
      return digest
    },
    countFiles(entry) {
      check(entry)
      const node = nodes.at(entry.path)
      if (node === undefined) return nothing
      if (node.type !== 'directory') return countOne(node.names, node.at)
      nodes.listBelow(node.path)
      return countBelow(node.path)
    },
    trusted: () => [...trusted],
    known: (directory) => computed.get(directory) ?? unchanged.treeDigest(directory),
    computed: () => computed.size,
    areNew({ cache, rules }) {
      if (countRecords(cache, cache.directories()) < worthAsking) return false
      return [...computed].some(
        ([path, digest]) => cache.rules !== rules || cache.summary(path)?.treeDigest !== digest,
      )
    },
  }
}

const nothing: FileCount = { files: 0, cold: 0, coldBytes: 0 }

const countOne = ({ bytes }: PackedNames, at: number): FileCount => {
  if (typeOf(recordMode(bytes, at)) !== 'file') return nothing
  if (recordHasDigest(bytes, at)) return { files: 1, cold: 0, coldBytes: 0 }
  return { files: 1, cold: 1, coldBytes: recordFileSize(bytes, at) }
}

/** Files that lie directly in a directory. */
const countIn = (names: PackedNames): FileCount => {
  let [files, cold, coldBytes] = [0, 0, 0]
  for (const at of recordsOf(names)) {
    const one = countOne(names, at)
    files += one.files
    cold += one.cold
    coldBytes += one.coldBytes
  }
  return { files, cold, coldBytes }
}

const plus = (a: FileCount, b: FileCount): FileCount => ({
  files: a.files + b.files,
  cold: a.cold + b.cold,
  coldBytes: a.coldBytes + b.coldBytes,
})

import { AppError } from '../../foundation/errors/index.ts'
import { parentOf } from '../../foundation/filetree/index.ts'
import { type ComparedAhead, changedDirectories } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { CachedSummary, StatCache } from './stat-cache.ts'

/** Fewer names are looked at faster than a process is started. */
export const worthAsking = 2000

export interface RememberedContext {
  readonly root: HostPath
  readonly stateFile: HostPath
  readonly cache: StatCache
  /** Hex digest of the ignore rules in force: a cache made by others says nothing of what is visible. */
  readonly rules: string
  /** What was found out since this command began, if anything was. */
  readonly compared?: (() => ComparedAhead | undefined) | undefined
}

/** What of a remembered context is as it was, found out by the helper in one go. */
export interface UnchangedDirectories {
  /**
   * Compares the directories at and below `directory` with the cache, if they are many. Those that were `listed` before
   * stay what they were then.
   */
  check(directory: string, listed: (directory: string) => boolean): void
  /** True when the cache has the directory's listing as it is. */
  has(directory: string): boolean
  /** Nothing at or below the directory has changed. */
  hasTree(directory: string): boolean
  /** `childrenDigestOf`, when nothing at or below the directory has changed. */
  treeDigest(directory: string): string | undefined
  /** Number of files below a directory that has a `treeDigest`. */
  filesBelow(directory: string): number
  /** Whether the cache was found to be out of date. */
  anyChanged(): boolean
}

export const createUnchangedDirectories = (remembered: RememberedContext): UnchangedDirectories => {
  const { cache } = remembered
  const same = new Set<string>()
  const checked: string[] = []
  /** Directories at or below which something is not as it was. */
  const touched = new Set<string>()
  let changes = false

  const touch = (directory: string): void => {
    for (let path = directory; !touched.has(path); path = parentOf(path)) {
      touched.add(path)
      if (path === '') return
    }
  }
  const hasTree = (directory: string): boolean => same.has(directory) && !touched.has(directory)
  const isDecided = (directory: string): boolean => checked.some((above) => isAtOrBelow(directory, above))

  const settle = (
    path: string,
    { comparable }: CachedSummary,
    how: { readonly differs: boolean; readonly keep: boolean },
  ): void => {
    if (how.differs && comparable) changes = true
    if (!how.differs && !how.keep) same.add(path)
    if (!same.has(path)) touch(path)
  }

  return {
    check(directory, listed) {
      if (cache.rules !== remembered.rules || isDecided(directory)) return
      const below = [...cache.directories(directory)]
      if (countRecords(cache, below) < worthAsking) return
      const changed = ask(remembered, directory, below.length)
      if (changed === undefined) return
      const known = countByParent(below)
      for (const path of below) {
        const summary = cache.summary(path)
        if (summary === undefined) continue
        settle(path, summary, { differs: changed.has(summary.number), keep: listed(path) || isDecided(path) })
        // Without all blocks below it, nobody has looked at everything that its digest is of.
        if (summary.directories !== (known.get(path) ?? 0)) touch(path)
      }
      checked.push(directory)
    },
    has: (directory) => same.has(directory),
    hasTree,
    treeDigest: (directory) => (hasTree(directory) ? cache.summary(directory)?.treeDigest : undefined),
    filesBelow(directory) {
      let files = 0
      for (const path of cache.directories(directory)) files += cache.summary(path)?.files ?? 0
      return files
    },
    anyChanged: () => changes,
  }
}

/** Numbers of the blocks that are not as they were; undefined when nobody can tell. */
const ask = (
  remembered: RememberedContext,
  prefix: string,
  expected: number,
): ReadonlySet<number> | undefined => {
  const known = askedAhead(remembered)
  if (known !== undefined) return known
  try {
    const { root, stateFile, cache } = remembered
    const { seal } = cache
    const answer = changedDirectories({ root: rootOf(root), stateFile, seal, prefix })
    // A path that is not UTF-8 cannot be asked for.
    return answer.compared === expected ? answer.numbers : undefined
  } catch (error) {
    // Without a helper, or with a cache that another build has replaced, every directory is read.
    if (error instanceof AppError) return undefined
    throw error
  }
}

/** The same of the whole context, where that was asked for before this process had begun. */
const askedAhead = ({
  root,
  stateFile,
  cache,
  compared,
}: RememberedContext): ReadonlySet<number> | undefined => {
  const ahead = compared?.()
  if (ahead === undefined || ahead.root !== rootOf(root)) return undefined
  if (ahead.stateFile !== stateFile || ahead.seal !== cache.seal) return undefined
  return ahead.changed.compared === [...cache.directories()].length ? ahead.changed.numbers : undefined
}

const rootOf = (root: HostPath): HostPath => (root === '' ? '/' : root)

/** Names that the cache knows in some directories. */
export const countRecords = (cache: StatCache, directories: Iterable<string>): number => {
  let count = 0
  for (const path of directories) count += cache.summary(path)?.records ?? 0
  return count
}

const countByParent = (directories: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const path of directories) {
    if (path !== '') counts.set(parentOf(path), (counts.get(parentOf(path)) ?? 0) + 1)
  }
  return counts
}

const isAtOrBelow = (path: string, directory: string): boolean =>
  directory === '' || path === directory || path.startsWith(`${directory}/`)

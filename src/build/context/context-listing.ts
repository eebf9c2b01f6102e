import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import { errnoOf } from '../../foundation/errors/index.ts'
import { decodePath, fsPath, joinInRoot } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { unreadable } from './context-error.ts'
import { factsOf } from './context-node.ts'
import type { CachedNode } from './file-stamp.ts'
import type { IgnoreMatcher, IgnoreState } from './ignore-matcher.ts'
import {
  type HiddenNames,
  hideNames,
  isDirectory,
  type PackedNames,
  packedNames,
  packNames,
  recallDigests,
  recordsOf,
} from './packed-names.ts'
import type { CachedDirectory, StatCache } from './stat-cache.ts'
import { recordEnd, recordMode, recordName } from './stat-records.ts'

export interface ListingOptions {
  readonly root: HostPath
  readonly matcher: IgnoreMatcher
  readonly cache: StatCache
  /** Whether an ignored directory has anything visible below it (an exception took it back). */
  readonly holdsVisible: (path: string, ignore: IgnoreState) => boolean
}

/** One directory of the context. */
export interface Listing {
  /** What is visible. */
  readonly names: PackedNames
  /** See CachedDirectory. */
  readonly hidden: HiddenNames
  readonly comparable: boolean
  /** Hidden names (their paths) that might show something were they directories. */
  readonly plain: readonly string[]
  /** It was not read: the cache says the same. */
  readonly cached: boolean
}

/** Lists a real directory of the context: one readdir, one lstat per name, unless what lies in it was `seen`. */
export const listDirectory = (
  directory: string,
  ignore: IgnoreState,
  options: ListingOptions,
  seen?: PackedNames,
): Listing => {
  const shown = showIn(directory, ignore, options)
  const names = seen === undefined ? readNames(directory, options.root, shown) : visibleOf(seen, shown)
  const known = options.cache.directory(directory)
  if (known) recallDigests(known.names, names)
  const { hidden, plain } = shown
  return { names, hidden: hideNames(hidden), comparable: shown.isComparable(), plain, cached: false }
}

/** The same out of the cache, for a directory that is known not to have changed. */
export const cachedListing = ({ names, hidden, comparable }: CachedDirectory): Listing => ({
  names,
  hidden,
  comparable,
  plain: [],
  cached: true,
})

/** Decides by the ignore rules on the names of one directory. */
interface Shown {
  /** Nothing is ignored anywhere. */
  readonly all: boolean
  /** `modeOf`: st_mode of the name, looked up only when it matters; undefined when the file went away since. */
  has(name: string, modeOf: () => number | undefined): boolean
  /** Names that it said no to. */
  readonly hidden: readonly string[]
  /** See Listing. */
  readonly plain: readonly string[]
  isComparable(): boolean
}

const showIn = (directory: string, ignore: IgnoreState, { matcher, holdsVisible }: ListingOptions): Shown => {
  const hidden: string[] = []
  const plain: string[] = []
  let comparable = true
  const isShown = (path: string, modeOf: () => number | undefined): boolean => {
    if (matcher.ignoredBy(path, ignore) === undefined) return modeOf() !== undefined
    const below = matcher.enter(path, ignore)
    if (!matcher.mayReturnBelow(path, below)) return false
    comparable = false
    const mode = modeOf()
    if (mode !== undefined && isDirectory(mode)) return holdsVisible(path, below)
    plain.push(path)
    return false
  }
  return {
    all: matcher.showsAll,
    hidden,
    plain,
    isComparable: () => comparable,
    has(name, modeOf) {
      const is = isShown(joinInRoot(directory, name), modeOf)
      if (!is) hidden.push(name)
      return is
    },
  }
}

const visibleOf = (seen: PackedNames, shown: Shown): PackedNames => {
  if (shown.all) return seen
  const { bytes } = seen
  const kept: Buffer[] = []
  for (const at of recordsOf(seen)) {
    if (shown.has(recordName(bytes, at), () => recordMode(bytes, at)))
      kept.push(bytes.subarray(at, recordEnd(bytes, at)))
  }
  return kept.length === seen.count ? seen : packedNames(Buffer.concat(kept), kept.length)
}

const readNames = (directory: string, root: HostPath, shown: Shown): PackedNames => {
  const nodes: CachedNode[] = []
  for (const name of namesIn(root, directory)) {
    const path = joinInRoot(directory, name)
    let stats: Stats | undefined
    const modeOf = (): number | undefined => {
      stats = statOf(root, path)
      return stats?.mode
    }
    if (shown.has(name, modeOf) && stats)
      nodes.push(factsOf(name, stats, stats.isSymbolicLink() ? targetOf(root, path) : ''))
  }
  return packNames(nodes)
}

const namesIn = (root: HostPath, directory: string): readonly string[] => {
  try {
    const path = fsPath(`${root}/${directory}`)
    const names = readdirSync(path)
    const exact = names.some((name) => name.includes('\uFFFD'))
      ? readdirSync(path, { encoding: 'buffer' }).map(decodePath)
      : names
    return exact.sort()
  } catch (error) {
    throw unreadable('list', directory, error)
  }
}

/** Undefined when the file went away since its directory was read. */
const statOf = (root: HostPath, path: string): Stats | undefined => {
  try {
    return lstatSync(fsPath(`${root}/${path}`))
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw unreadable('look at', path, error)
    return undefined
  }
}

const targetOf = (root: HostPath, path: string): string => {
  try {
    return decodePath(readlinkSync(fsPath(`${root}/${path}`), { encoding: 'buffer' }))
  } catch (error) {
    throw unreadable('read the link', path, error)
  }
}

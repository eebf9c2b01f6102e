import { lstatSync } from 'node:fs'
import { parentOf } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { unreadable } from './context-error.ts'
import { cachedListing, type Listing, listDirectory } from './context-listing.ts'
import { type ContextNode, factsOf, nodeOf } from './context-node.ts'
import type { IgnoreMatcher, IgnoreState } from './ignore-matcher.ts'
import { lookAhead, type SeenNames } from './look-ahead.ts'
import type { StatCache } from './stat-cache.ts'
import type { UnchangedDirectories } from './unchanged-directories.ts'

/** The visible paths of a context, read directory by directory as they are asked for. */
export interface ContextNodes {
  /** By exact path; symlinks are not followed. */
  at(path: string): ContextNode | undefined
  /** Children of a directory; [] for anything else. */
  in(directory: string): readonly ContextNode[]
  /** Lists all that is below a directory, level by level, but for trees that are known not to have changed. */
  listBelow(directory: ContextNode): void
  /** What has been listed so far. */
  readonly listed: ReadonlyMap<string, Listing>
  /** What all nodes have as their owner. */
  readonly owner: object
}

export interface ContextNodesOptions {
  readonly root: HostPath
  readonly matcher: IgnoreMatcher
  readonly cache: StatCache
  readonly unchanged: UnchangedDirectories
}

export const createContextNodes = (options: ContextNodesOptions): ContextNodes => {
  const { root, matcher, cache, unchanged } = options
  const owner = {}
  const top = rootNode(root, matcher, owner)
  const listed = new Map<string, Listing>()
  const listing = {
    root,
    matcher,
    cache,
    owner,
    holdsVisible: (path: string, ignore: IgnoreState) => list(path, ignore).length > 0,
  }
  const list = (path: string, ignore: IgnoreState | undefined, seen?: SeenNames): readonly ContextNode[] => {
    const before = listed.get(path)
    if (before !== undefined) return before.nodes
    if (ignore === undefined) return []
    const remembered = unchanged.has(path) ? cache.directory(path) : undefined
    const found =
      remembered === undefined
        ? listDirectory(path, ignore, listing, seen)
        : cachedListing(remembered, ignore, listing)
    listed.set(path, found)
    return found.nodes
  }
  const at = (path: string): ContextNode | undefined => {
    if (path === '') return top
    const parent = parentOf(path)
    return find(listed.get(parent)?.nodes ?? list(parent, at(parent)?.ignore), path)
  }
  const isOpen = ({ type, path }: ContextNode): boolean =>
    type === 'directory' && unchanged.treeDigest(path) === undefined
  const listBelow = (directory: ContextNode): void => {
    for (let level = [directory].filter(isOpen); level.length > 0; ) {
      const ignores = new Map(level.map(({ path, ignore }) => [path, ignore]))
      const unread = [...ignores.keys()].filter((path) => !listed.has(path) && !unchanged.has(path))
      for (const [path, seen] of lookAhead(root, unread)) list(path, ignores.get(path), seen)
      level = level.flatMap(({ path, ignore }) => list(path, ignore).filter(isOpen))
    }
  }
  return { at, in: (directory) => list(directory, at(directory)?.ignore), listBelow, listed, owner }
}

/** Siblings differ in their names only, so they stand in code unit order of their paths. */
const find = (siblings: readonly ContextNode[], path: string): ContextNode | undefined => {
  let low = 0
  let high = siblings.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const node = siblings[middle]
    if (node === undefined || node.path === path) return node
    if (node.path < path) low = middle + 1
    else high = middle
  }
  return undefined
}

const rootNode = (root: HostPath, matcher: IgnoreMatcher, owner: object): ContextNode => {
  try {
    const stats = lstatSync(`${root}/`)
    if (!stats.isDirectory()) throw new Error('not a directory')
    const origin = { owner, path: '', digest: undefined, ignore: matcher.root }
    return nodeOf(origin, 'directory', factsOf(stats, ''))
  } catch (error) {
    throw unreadable('look at', '', error)
  }
}

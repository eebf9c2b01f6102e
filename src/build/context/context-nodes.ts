import { lstatSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { baseOf, joinInRoot, parentOf } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { unreadable } from './context-error.ts'
import { cachedListing, type Listing, listDirectory } from './context-listing.ts'
import { type ContextNode, factsOf, nodeOf } from './context-node.ts'
import type { IgnoreMatcher, IgnoreState } from './ignore-matcher.ts'
import { lookAhead } from './look-ahead.ts'
import { findName, isDirectory, type PackedNames, packNames, recordsOf } from './packed-names.ts'
import { createNamesKeeper } from './spooled-names.ts'
import type { StatCache } from './stat-cache.ts'
import { recordMode, recordName } from './stat-records.ts'
import type { UnchangedDirectories } from './unchanged-directories.ts'

/** The visible paths of a context, read directory by directory as they are asked for. */
export interface ContextNodes {
  /** By exact path; symlinks are not followed. */
  at(path: string): ContextNode | undefined
  /** Children of a directory, in code unit order; [] for anything else. */
  in(directory: string): readonly ContextNode[]
  /** The same as they are kept. */
  names(directory: string): PackedNames
  /** Paths of the directories among them. */
  directoriesIn(directory: string): readonly string[]
  /** Lists all that is below a directory, level by level, but for trees that are known not to have changed. */
  listBelow(directory: string): void
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
  /** Where the stat cache is going to be, there is room for what need not be in memory; '' for nowhere. */
  readonly stateFile: HostPath
}

export const createContextNodes = (options: ContextNodesOptions): ContextNodes => {
  const { root, matcher, cache, unchanged, stateFile } = options
  const room = (): HostPath | undefined => roomBeside(stateFile)
  const keeper = createNamesKeeper(room)
  const owner = {}
  const top = rootNode(root, owner)
  const listed = new Map<string, Listing>()
  const ignoreOf = rememberIgnores(matcher)
  const holdsVisible = (path: string): boolean => list(path).count > 0
  const list = (path: string, seen?: PackedNames): PackedNames => {
    const before = listed.get(path)
    if (before !== undefined) return before.names
    const remembered = unchanged.has(path) ? cache.directory(path) : undefined
    const found =
      remembered === undefined
        ? listDirectory(path, ignoreOf(path), { root, matcher, cache, holdsVisible }, seen)
        : cachedListing(remembered)
    const names = keeper.keep(found.names)
    listed.set(path, { ...found, names })
    return names
  }
  const at = (path: string): ContextNode | undefined => {
    if (path === '') return top
    const names = namesIn(parentOf(path))
    const place = names && findName(names, baseOf(path))
    return names && place !== undefined ? nodeOf(owner, path, names, place) : undefined
  }
  /** Undefined for what is no directory. */
  const namesIn = (path: string): PackedNames | undefined =>
    listed.get(path)?.names ?? (at(path)?.type === 'directory' ? list(path) : undefined)
  const directoriesIn = (directory: string): readonly string[] => {
    const names = namesIn(directory)
    return names ? directoriesOf(names).map((name) => joinInRoot(directory, name)) : []
  }
  const isOpen = (directory: string): boolean => unchanged.treeDigest(directory) === undefined
  return {
    at,
    directoriesIn,
    names: (directory) => namesIn(directory) ?? packNames([]),
    in: (directory) => {
      const names = namesIn(directory)
      return names ? nodesOf(owner, directory, names) : []
    },
    listBelow(directory) {
      for (let level = [directory].filter(isOpen); level.length > 0; ) {
        const unread = level.filter((path) => !listed.has(path) && !unchanged.has(path))
        for (const [path, seen] of lookAhead(root, unread, room)) list(path, seen)
        level = level.flatMap(directoriesIn).filter(isOpen)
      }
    },
    listed,
    owner,
  }
}

/** An existing directory, if there is one for the file. */
const roomBeside = (file: HostPath): HostPath | undefined => {
  if (file === '') return undefined
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    return dirname(file)
  } catch {
    return undefined
  }
}

/** What the rules say of a directory, found out once. */
const rememberIgnores = (matcher: IgnoreMatcher): ((directory: string) => IgnoreState) => {
  const known = new Map([['', matcher.root]])
  const of = (directory: string): IgnoreState => {
    const state = known.get(directory) ?? matcher.enter(directory, of(parentOf(directory)))
    known.set(directory, state)
    return state
  }
  return matcher.showsAll ? () => matcher.root : of
}

const nodesOf = (owner: object, directory: string, names: PackedNames): readonly ContextNode[] => {
  const nodes: ContextNode[] = []
  for (const at of recordsOf(names))
    nodes.push(nodeOf(owner, joinInRoot(directory, recordName(names.bytes, at)), names, at))
  return nodes
}

const directoriesOf = (names: PackedNames): readonly string[] => {
  const found: string[] = []
  for (const at of recordsOf(names))
    if (isDirectory(recordMode(names.bytes, at))) found.push(recordName(names.bytes, at))
  return found
}

const rootNode = (root: HostPath, owner: object): ContextNode => {
  try {
    const stats = lstatSync(`${root}/`)
    if (!stats.isDirectory()) throw new Error('not a directory')
    return nodeOf(owner, '', packNames([factsOf('', stats, '')]), 0)
  } catch (error) {
    throw unreadable('look at', '', error)
  }
}

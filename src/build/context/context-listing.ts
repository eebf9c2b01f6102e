import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import { errnoOf } from '../../foundation/errors/index.ts'
import { decodePath, fsPath, joinInRoot } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { unreadable } from './context-error.ts'
import { type ContextNode, factsOf, nodeOf, typeOf } from './context-node.ts'
import type { IgnoreMatcher, IgnoreState } from './ignore-matcher.ts'
import type { SeenNames } from './look-ahead.ts'
import type { CachedDirectory, CachedNode, KnownFiles, StatCache } from './stat-cache.ts'

export interface ListingOptions {
  readonly root: HostPath
  readonly matcher: IgnoreMatcher
  readonly cache: StatCache
  /** The context, for its nodes. */
  readonly owner: object
  /** Whether an ignored directory has anything visible below it (an exception took it back). */
  readonly holdsVisible: (path: string, ignore: IgnoreState) => boolean
}

/** One directory of the context. */
export interface Listing {
  /** What is visible, in code unit order. */
  readonly nodes: readonly ContextNode[]
  /** See CachedDirectory. */
  readonly hidden: readonly string[]
  readonly comparable: boolean
  /** It was not read: the cache says the same. */
  readonly cached: boolean
}

/** Lists a real directory of the context: one readdir, one lstat per name, unless what lies in it was `seen`. */
export const listDirectory = (
  directory: string,
  ignore: IgnoreState,
  options: ListingOptions,
  seen?: SeenNames,
): Listing => {
  const nodes: ContextNode[] = []
  const hidden: string[] = []
  const known = options.cache.open(directory)
  let comparable = true
  for (const found of seen ?? namesIn(options.root, directory)) {
    const its =
      typeof found === 'string' ? { name: found, seen: undefined } : { name: found.name, seen: found }
    const path = joinInRoot(directory, its.name)
    const rule = options.matcher.ignoredBy(path, ignore)
    const excluded = rule !== undefined
    const mayReturn = excluded && options.matcher.mayReturnBelow(path, options.matcher.enter(path, ignore))
    if (mayReturn) comparable = false
    const node =
      excluded && !mayReturn
        ? undefined
        : readNode({ name: its.name, seen: its.seen, path, excluded }, ignore, options, known)
    if (node === undefined) hidden.push(its.name)
    else nodes.push(node)
  }
  return { nodes, hidden, comparable, cached: false }
}

/** The same out of the cache, for a directory that is known not to have changed. */
export const cachedListing = (
  remembered: CachedDirectory,
  ignore: IgnoreState,
  { owner, matcher }: Pick<ListingOptions, 'owner' | 'matcher'>,
): Listing => {
  const nodes = remembered.nodes.map((facts): ContextNode => {
    const path = joinInRoot(remembered.path, facts.name)
    const type = typeOf(facts.mode)
    const own = type === 'directory' ? matcher.enter(path, ignore) : undefined
    return nodeOf({ owner, path, digest: facts.digest, ignore: own }, type, facts)
  })
  return { nodes, hidden: remembered.hidden, comparable: remembered.comparable, cached: true }
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

interface Name {
  readonly name: string
  readonly path: string
  /** Ignored, but perhaps not what lies below it. */
  readonly excluded: boolean
  /** What it is, when that was looked at before. */
  readonly seen: CachedNode | undefined
}

/** Undefined for what is not visible. */
const readNode = (
  { name, path, excluded, seen }: Name,
  parent: IgnoreState,
  options: ListingOptions,
  known: KnownFiles | undefined,
): ContextNode | undefined => {
  const { matcher, owner } = options
  const stats = seen === undefined ? statOf(options.root, path) : undefined
  const stamp = seen ?? stats
  if (stamp === undefined) return undefined
  const type = typeOf(stamp.mode)
  if (excluded && type !== 'directory') return undefined
  const ignore = type === 'directory' ? matcher.enter(path, parent) : undefined
  if (excluded && ignore !== undefined && !options.holdsVisible(path, ignore)) return undefined
  const digest = type === 'file' ? known?.digestOf(name, stamp) : undefined
  const facts = seen ?? (stats && factsOf(stats, type === 'symlink' ? targetOf(options.root, path) : ''))
  return facts && nodeOf({ owner, path, digest, ignore }, type, facts)
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

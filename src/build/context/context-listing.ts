import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import { errnoOf } from '../../foundation/errors/index.ts'
import { decodePath, fsPath, joinInRoot } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { unreadable } from './context-error.ts'
import { type ContextNode, entryOf, nodeOf } from './context-node.ts'
import type { IgnoreMatcher, IgnoreState } from './ignore-matcher.ts'
import type { KnownFiles, StatCache } from './stat-cache.ts'

export interface ListingOptions {
  readonly root: HostPath
  readonly matcher: IgnoreMatcher
  readonly cache: StatCache
  /** Whether an ignored directory has anything visible below it (an exception took it back). */
  readonly holdsVisible: (path: string, ignore: IgnoreState) => boolean
}

/** Visible children of a real directory of the context, in code unit order. One readdir, one lstat per name. */
export const listDirectory = (
  directory: string,
  ignore: IgnoreState,
  options: ListingOptions,
): readonly ContextNode[] => {
  const nodes: ContextNode[] = []
  const known = options.cache.open(directory)
  for (const name of namesIn(options.root, directory)) {
    const path = joinInRoot(directory, name)
    const node = readNode(name, path, ignore, options, known)
    if (node !== undefined) nodes.push(node)
  }
  return nodes
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

const readNode = (
  name: string,
  path: string,
  parent: IgnoreState,
  options: ListingOptions,
  known: KnownFiles | undefined,
): ContextNode | undefined => {
  const { matcher } = options
  const rule = matcher.ignoredBy(path, parent)
  if (rule !== undefined && !matcher.mayReturnBelow(path, matcher.enter(path, parent))) return undefined
  const stats = statOf(options.root, path)
  if (stats === undefined) return undefined
  const directory = stats.isDirectory()
  if (rule !== undefined && !directory) return undefined
  const ignore = directory ? matcher.enter(path, parent) : undefined
  if (rule !== undefined && ignore !== undefined && !options.holdsVisible(path, ignore)) return undefined
  const entry = entryOf(path, stats, stats.isSymbolicLink() ? targetOf(options.root, path) : undefined)
  if (entry === undefined) return undefined
  const digest = entry.type === 'file' ? known?.digestOf(name, stats) : undefined
  return nodeOf(entry, stats, { digest, ignore })
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

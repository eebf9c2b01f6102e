import { lstatSync } from 'node:fs'
import { parentOf } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { unreadable } from './context-error.ts'
import { listDirectory } from './context-listing.ts'
import { type ContextNode, entryOf, nodeOf } from './context-node.ts'
import type { IgnoreMatcher } from './ignore-matcher.ts'
import type { StatCache } from './stat-cache.ts'

/** The visible paths of a context, read directory by directory as they are asked for. */
export interface ContextNodes {
  /** By exact path; symlinks are not followed. */
  at(path: string): ContextNode | undefined
  /** Children of a directory; [] for anything else. */
  in(directory: string): readonly ContextNode[]
  /** What has been listed so far. */
  readonly listed: ReadonlyMap<string, readonly ContextNode[]>
}

export const createContextNodes = (
  root: HostPath,
  matcher: IgnoreMatcher,
  cache: StatCache,
): ContextNodes => {
  const nodes = new Map<string, ContextNode>([['', rootNode(root, matcher)]])
  const listed = new Map<string, readonly ContextNode[]>()
  const options = {
    root,
    matcher,
    cache,
    holdsVisible: (path: string, ignore: ContextNode['ignore']) => list(path, ignore).length > 0,
  }
  const list = (path: string, ignore: ContextNode['ignore']): readonly ContextNode[] => {
    const before = listed.get(path)
    if (before !== undefined) return before
    if (ignore === undefined) return []
    const children = listDirectory(path, ignore, options)
    for (const child of children) nodes.set(child.entry.path, child)
    listed.set(path, children)
    return children
  }
  const at = (path: string): ContextNode | undefined => {
    const known = nodes.get(path)
    if (known !== undefined || path === '') return known
    const parent = parentOf(path)
    if (!listed.has(parent)) list(parent, at(parent)?.ignore)
    return nodes.get(path)
  }
  return { at, in: (directory) => list(directory, at(directory)?.ignore), listed }
}

const rootNode = (root: HostPath, matcher: IgnoreMatcher): ContextNode => {
  try {
    const stats = lstatSync(`${root}/`)
    const entry = entryOf('', stats, undefined)
    if (entry !== undefined) return nodeOf(entry, stats, { digest: undefined, ignore: matcher.root })
    throw new Error('not a directory')
  } catch (error) {
    throw unreadable('look at', '', error)
  }
}

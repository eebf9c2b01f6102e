import { parentOf } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { ContextNodes } from './context-nodes.ts'
import { blockHead, blockStamp } from './load-stat-cache.ts'
import type { WrittenCache } from './looked-at.ts'
import type { StatCache } from './stat-cache.ts'
import { encodeDirectory, forget, storeStatCache } from './store-stat-cache.ts'

export interface KnownContext {
  readonly cache: StatCache
  readonly rules: string
  readonly nodes: ContextNodes
  /** When the first stamp may have been taken. Milliseconds. */
  readonly takenAt: number
  /** `childrenDigestOf` of a directory, as far as it is known. */
  readonly treeDigest: (directory: string) => string | undefined
}

/**
 * Writes what is known now. Stamps that were not settled when they were taken are written so that they match nothing.
 * Directories this build did not look into keep what an earlier one found, unless they are gone. The result has stamps
 * only when they are `wanted`.
 */
export const saveDigests = (file: HostPath, known: KnownContext, wanted: boolean): WrittenCache => {
  const numbers = new Map<string, number>()
  const stamps = wanted ? new Map<string, string>() : undefined
  let number = 0
  const seal = storeStatCache(file, known.rules, directoriesOf(known), (block) => {
    const { path, comparable } = blockHead(block)
    numbers.set(path, number)
    if (comparable) stamps?.set(path, blockStamp(block))
    number += 1
  })
  return { seal, numbers, stamps }
}

/** One after another, so that no more than one directory's records are in memory. */
function* directoriesOf(known: KnownContext): Iterable<Buffer> {
  const { cache, nodes, takenAt, treeDigest } = known
  const above = new Set<string>()
  for (const [path, listing] of nodes.listed) {
    yield encodeDirectory({ path, ...listing, treeDigest: treeDigest(path) }, takenAt)
    if (!listing.cached) addParents(above, path)
  }
  for (const path of cache.directories()) {
    const block = mayStillBe(path, nodes) ? cache.block(path) : undefined
    if (block === undefined) continue
    if (cache.rules !== known.rules) yield forget(block, 'listing')
    else yield above.has(path) ? forget(block, 'tree-digest') : block
  }
}

const addParents = (above: Set<string>, path: string): void => {
  for (let parent = path; parent !== ''; ) {
    parent = parentOf(parent)
    if (above.has(parent)) return
    above.add(parent)
  }
}

/** For a directory that was not listed: false when a listing above it shows that it is gone or out of view. */
const mayStillBe = (directory: string, nodes: ContextNodes): boolean => {
  if (nodes.listed.has(directory)) return false
  for (let path = directory; path !== ''; path = parentOf(path)) {
    if (nodes.listed.has(parentOf(path))) return nodes.at(path)?.type === 'directory'
  }
  return true
}

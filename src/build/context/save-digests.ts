import { baseOf, parentOf } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { ContextNode } from './context-node.ts'
import type { ContextNodes } from './context-nodes.ts'
import { isSettled, type StampedDigest, type StatCache, storeStatCache } from './stat-cache.ts'

/**
 * Writes the digests known now. Stamps that were not settled when they were taken are left out. Directories this build did
 * not look into keep what an earlier one found, unless they are gone.
 */
export const saveDigests = (
  file: HostPath,
  state: { readonly cache: StatCache; readonly nodes: ContextNodes; readonly takenAt: number },
): void => {
  const { cache, nodes, takenAt } = state
  const blocks: [string, readonly StampedDigest[]][] = []
  for (const [directory, children] of nodes.listed) {
    const files: StampedDigest[] = []
    for (const node of children) {
      const { digest } = node
      if (digest !== undefined && isSettled(node.ctimeMs, takenAt)) files.push(recordOf(node, digest))
    }
    blocks.push([directory, files])
  }
  for (const directory of cache.directories()) {
    if (mayStillBe(directory, nodes)) blocks.push([directory, cache.files(directory)])
  }
  storeStatCache(file, blocks)
}

const recordOf = (node: ContextNode, digest: string): StampedDigest => ({
  name: baseOf(node.entry.path),
  size: node.size,
  mtimeMs: node.mtimeMs,
  ctimeMs: node.ctimeMs,
  ino: node.ino,
  dev: node.dev,
  mode: node.mode,
  digest,
})

/** For a directory that was not listed: false when a listing above it shows that it is gone or out of view. */
const mayStillBe = (directory: string, nodes: ContextNodes): boolean => {
  if (nodes.listed.has(directory)) return false
  for (let path = directory; path !== ''; path = parentOf(path)) {
    if (nodes.listed.has(parentOf(path))) return nodes.at(path)?.ignore !== undefined
  }
  return true
}

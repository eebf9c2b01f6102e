import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import type { Store } from '../store.ts'
import { collectCache } from './collect.ts'
import type { SpaceLimits } from './limits.ts'
import { diskSpace, storeSize } from './measure.ts'

/** What builds keep by themselves. */
export interface SpacePolicy extends SpaceLimits {
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * After a build that has made something: drops parts of the build cache when the store has outgrown its limits. Mostly that is one
 * question to the file system and one small file: how much the store took is measured only when the disk has filled by more than was
 * left of the limit since the last time. Bytes that were freed.
 */
export const collectAfterBuild = async (store: Store, policy: SpacePolicy): Promise<number> => {
  const { free } = diskSpace(store.root)
  const { minFree, maxUsed, reserved = 0 } = policy
  const isFull = minFree !== undefined && free < minFree && mayBeOver(store.root, reserved, free)
  if (!isFull && !mayBeOver(store.root, maxUsed, free)) return 0
  const { before, after } = await collectCache(store, { limits: policy, now: policy.now })
  remember(store.root, { used: after, free: diskSpace(store.root).free })
  return before - after
}

/** What was measured last: bytes that the store took, and bytes that were free on the disk then. */
interface Measured {
  readonly used: number
  readonly free: number
}

const placeOf = (root: HostPath): HostPath => join(root, 'cache/space.json')

const mayBeOver = (root: HostPath, maxUsed: number | undefined, free: number): boolean => {
  if (maxUsed === undefined) return false
  const last = recall(root)
  if (last && last.used + Math.max(0, last.free - free) <= maxUsed) return false
  const used = storeSize(root)
  remember(root, { used, free })
  return used > maxUsed
}

const recall = (root: HostPath): Measured | undefined => {
  try {
    const value: unknown = JSON.parse(readFileSync(placeOf(root), 'utf8'))
    if (typeof value !== 'object' || value === null || !('used' in value) || !('free' in value))
      return undefined
    return { used: Number(value.used), free: Number(value.free) }
  } catch {
    return undefined
  }
}

const remember = (root: HostPath, measured: Measured): void => {
  try {
    atomicWrite(placeOf(root), JSON.stringify(measured))
  } catch {
    // Measured again next time.
  }
}

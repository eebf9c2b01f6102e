import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../oci/index.ts'
import { ownedName } from '../sys/index.ts'
import type { RootMount } from './types.ts'

/** What the helper is told of so many of a root's lowest layers (native/fold.h). */
export type LowestLayers =
  /** Mount them as one, and keep that for later requests. `directory`: an empty one, there as long as they are kept. */
  | { readonly kind: 'keep'; readonly count: number; readonly directory: HostPath }
  /** They were kept by an earlier request, and are not named. */
  | { readonly kind: 'kept'; readonly count: number }

/** What a process of the helper keeps of the layers that its steps stand on, each on those of the one before. */
export interface LaneLayers {
  /** Called once for each request, in their order. Undefined: all layers are named, and none is kept. */
  of(root: RootMount): LowestLayers | undefined
  /** The request is done, and the helper says whether it keeps layers. One that could not will not be asked again. */
  ended(kept: boolean): void
  /** The helper is gone. */
  close(): void
}

/**
 * With n layers, to keep more after each `enough` steps names n of them, and a step names half of `enough` on average: for some hundreds
 * of layers both together are the least at about this number.
 */
const enough = 32

/**
 * What docker can build, 127 layers, is mounted as docker does it. On kept layers, whose device is another one, `du -x` of busybox counts
 * none of their files, files with several links change their device when they are copied up, and a file system that can share blocks
 * cannot do so when it copies up.
 */
const fewest = 128

/** The kernel takes 500 layers (OVL_MAX_STACK); among those of a root are the kept ones, as one, and the mount points. */
const most = 500
const mostBeside = most - 2

interface Kept {
  readonly lower: readonly HostPath[]
  readonly directory: HostPath
}

export const createLowestLayers = (): LaneLayers => {
  let last: readonly HostPath[] = []
  let kept: Kept | undefined
  let asked: Kept | undefined
  let refused = false

  const choose = (lower: readonly HostPath[], owned: HostPath): LowestLayers | undefined => {
    if (lower.length < fewest) return undefined
    const standing = kept !== undefined && standsOn(lower, kept.lower) ? kept.lower.length : 0
    // One at least is beside them.
    const count = Math.min(sameAtEnd(last, lower), lower.length - 1, most)
    if (count >= standing + enough && lower.length - count <= mostBeside)
      return { kind: 'keep', count, directory: join(owned, ownedName()) }
    return standing > 0 && lower.length - standing <= mostBeside
      ? { kind: 'kept', count: standing }
      : undefined
  }

  return {
    of(root) {
      if (refused || root.kind !== 'overlay' || root.upper === undefined || root.owned === undefined)
        return undefined
      const chosen = choose(root.lower, root.owned)
      last = root.lower
      if (chosen?.kind !== 'keep') return chosen
      mkdirSync(chosen.directory, { mode: 0o700 })
      asked = { lower: root.lower.slice(-chosen.count), directory: chosen.directory }
      return chosen
    },
    ended(isKept) {
      if (!asked && isKept) return
      remove(kept)
      kept = isKept ? asked : undefined
      if (asked && !isKept) {
        remove(asked)
        refused = true
      }
      asked = undefined
    },
    close() {
      remove(kept)
      remove(asked)
      kept = undefined
      asked = undefined
    },
  }
}

const remove = (kept: Kept | undefined): void => {
  if (kept) rmSync(kept.directory, { recursive: true, force: true })
}

const standsOn = (lower: readonly string[], lowest: readonly string[]): boolean =>
  lowest.length < lower.length && sameAtEnd(lowest, lower) === lowest.length

const sameAtEnd = (a: readonly string[], b: readonly string[]): number => {
  let same = 0
  while (same < a.length && same < b.length && a[a.length - same - 1] === b[b.length - same - 1]) same++
  return same
}

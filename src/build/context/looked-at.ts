import { encodePath } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { Listing } from './context-listing.ts'
import type { StatCache } from './stat-cache.ts'

/** Directories that a build has looked at, as they can be compared with what is there later (native/recipe_context.c). */
export interface LookedAt {
  /** Real path of the context. */
  readonly root: HostPath
  /** The stat cache that has what was seen, and the seal that tells it from all others (hex). */
  readonly stateFile: HostPath
  readonly seal: string
  /** A bit for each of its blocks, the lowest first. */
  readonly blocks: Uint8Array
  /** Paths, each with a NUL behind it, that are no directories: were they, something below them might count. */
  readonly plain: Uint8Array
}

/** What the file of a stat cache has since this build has written it. */
export interface WrittenCache {
  readonly seal: string
  /** Places of its blocks. */
  readonly numbers: ReadonlyMap<string, number>
  /** `StatCache.stamp` of the same directories. */
  readonly stamps: ReadonlyMap<string, string> | undefined
}

/** Whether the cache says of each directory just what was seen now, so that nothing is to be written down. */
export const saysTheSame = (cache: StatCache, listed: ReadonlyMap<string, Listing>): boolean => {
  for (const [path, { names, hidden, comparable, cached }] of listed) {
    if (cached) continue
    const known = cache.directory(path)
    if (known?.comparable !== comparable) return false
    if (!known.names.bytes.equals(names.bytes) || !known.hidden.bytes.equals(hidden.bytes)) return false
  }
  return true
}

/** Bytes: of more names, looking at each takes longer than Node does. */
const mostPlain = 1 << 20

/** Undefined where there are too many. */
export const plainIn = (listed: ReadonlyMap<string, Listing>): Uint8Array | undefined => {
  const parts: Buffer[] = []
  for (const { plain } of listed.values())
    for (const path of plain) parts.push(encodePath(path), Buffer.alloc(1))
  const bytes = Buffer.concat(parts)
  return bytes.length > mostPlain ? undefined : bytes
}

/** Marks for blocks of directories. Undefined when one of them has none. */
export const marksOf = (
  directories: Iterable<string>,
  numberOf: (directory: string) => number | undefined,
): Uint8Array | undefined => {
  const numbers: number[] = []
  for (const directory of directories) {
    const number = numberOf(directory)
    if (number === undefined) return undefined
    numbers.push(number)
  }
  const last = numbers.reduce((most, number) => Math.max(most, number), 0)
  const marks = new Uint8Array((last >> 3) + 1)
  for (const number of numbers) marks[number >> 3] = (marks[number >> 3] ?? 0) | (1 << (number & 7))
  return marks
}

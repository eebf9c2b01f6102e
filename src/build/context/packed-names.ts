import { encodePath } from '../../foundation/filetree/index.ts'
import type { CachedNode } from './file-stamp.ts'
import {
  encodeRecords,
  haveSameName,
  haveSameStamp,
  recordDigest,
  recordEnd,
  recordMode,
  recordName,
  recordNode,
  setRecordDigest,
} from './stat-records.ts'

/** What lies in one directory: records of a stat cache (stat-cache-format), in code unit order of names. No object for each. */
export interface PackedNames {
  /** The records, and nothing else. Not to be kept while other directories are asked for: they may take its place. */
  readonly bytes: Buffer
  readonly count: number
  /** Whether a digest was put into the bytes. */
  isChanged: boolean
  /** Where records begin, once a name was looked for. */
  places: Uint32Array | undefined
}

export const packedNames = (bytes: Buffer, count: number): PackedNames => ({
  bytes,
  count,
  isChanged: false,
  places: undefined,
})

export const packNames = (nodes: readonly CachedNode[]): PackedNames =>
  packedNames(encodeRecords(nodes), nodes.length)

/** Where each record begins in `bytes`. */
export function* recordsOf(names: PackedNames): Generator<number> {
  for (let at = 0, left = names.count; left > 0; left--) {
    yield at
    at = recordEnd(names.bytes, at)
  }
}

/** inode(7): the type is in these bits. */
export const isDirectory = (mode: number): boolean => (mode & 0o170000) === 0o040000

const isFile = (mode: number): boolean => (mode & 0o170000) === 0o100000

/** Lower-case hex. */
export const setDigest = (names: PackedNames, at: number, digest: string): void => {
  names.isChanged = true
  setRecordDigest(names.bytes, at, digest)
}

/** The record of a name. */
export const findName = (names: PackedNames, wanted: string): number | undefined => {
  names.places ??= Uint32Array.from(recordsOf(names))
  let low = 0
  let high = names.places.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const at = names.places[middle] ?? 0
    const name = recordName(names.bytes, at)
    if (name === wanted) return at
    if (name < wanted) low = middle + 1
    else high = middle
  }
  return undefined
}

/** Puts the digests of files that have not changed since into records of the same directory. */
export const recallDigests = (from: PackedNames, into: PackedNames): void => {
  let left = from.count
  let at = 0
  for (const to of recordsOf(into)) {
    const order = (): number => compareNames(from.bytes, at, into.bytes, to)
    while (left > 0 && order() < 0) {
      at = recordEnd(from.bytes, at)
      left -= 1
    }
    if (left === 0) return
    if (order() !== 0 || !haveSameStamp(from.bytes, at, into.bytes, to)) continue
    const digest = recordDigest(from.bytes, at)
    if (digest !== undefined) setDigest(into, to, digest)
  }
}

/** Mostly they are equal, which their bytes tell. */
const compareNames = (a: Buffer, at: number, b: Buffer, bt: number): number => {
  if (haveSameName(a, at, b, bt)) return 0
  const [x, y] = [recordName(a, at), recordName(b, bt)]
  return x < y ? -1 : x > y ? 1 : 0
}

/** The helper's order is that of bytes, which differs for few names. */
export const inOrder = (names: PackedNames): PackedNames => {
  let last = ''
  for (const at of recordsOf(names)) {
    const name = recordName(names.bytes, at)
    if (name < last) return sorted(names)
    last = name
  }
  return names
}

const sorted = (names: PackedNames): PackedNames => {
  const nodes = [...recordsOf(names)].map((at) => recordNode(names.bytes, at))
  return packNames(nodes.sort((a, b) => (a.name < b.name ? -1 : 1)))
}

/** Names that the context does not show, each behind its length (u16). */
export interface HiddenNames {
  readonly bytes: Buffer
  readonly count: number
}

export const hideNames = (names: readonly string[]): HiddenNames => {
  const parts = names.flatMap((name) => {
    const bytes = encodePath(name)
    const length = Buffer.alloc(2)
    length.writeUInt16LE(bytes.length)
    return [length, bytes]
  })
  return { bytes: Buffer.concat(parts), count: names.length }
}

/** Files and directories among the records. */
export const countNames = (names: PackedNames): { readonly files: number; readonly directories: number } => {
  let [files, directories] = [0, 0]
  for (const at of recordsOf(names)) {
    const mode = recordMode(names.bytes, at)
    if (isFile(mode)) files += 1
    else if (isDirectory(mode)) directories += 1
  }
  return { files, directories }
}

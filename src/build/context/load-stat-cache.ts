import { readFileSync } from 'node:fs'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { BlockSource } from './block-source.ts'
import { directoriesBelow } from './directories-below.ts'
import { sha256Hex } from './hash-file.ts'
import { type HiddenNames, type PackedNames, packedNames } from './packed-names.ts'
import type { CachedDirectory, CachedSummary, StatCache } from './stat-cache.ts'
import { blockAt, blockSize, headerSize, magic, sealSize } from './stat-cache-format.ts'
import { recordEnd, textAt } from './stat-records.ts'

/** A file that is absent, torn, or of another version is an empty cache. */
export const loadStatCache = (file: HostPath): StatCache => {
  const bytes = readIntact(file)
  return bytes === undefined ? emptyStatCache : openStatCache(bytes)
}

/** The bytes of an intact file. */
const openStatCache = (bytes: Buffer): StatCache => {
  const end = bytes.length - sealSize
  const places = new Map<string, Place>()
  for (let start = headerSize; start < end; start += 4 + bytes.readUInt32LE(start)) {
    const records = start + blockSize + bytes.readUInt32LE(start + blockAt.pathLength)
    places.set(textAt(bytes, start + blockSize, records), { start, records, number: places.size })
  }
  const below = directoriesBelow(places)
  const found = <T>(directory: string, read: (place: Place) => T): T | undefined => {
    const place = places.get(directory)
    return place === undefined ? undefined : read(place)
  }
  return {
    rules: bytes.toString('hex', magic.length, headerSize),
    seal: bytes.toString('hex', end),
    directories: (at = '') => below(at),
    summary: (directory) => found(directory, (place) => summaryAt(bytes, place)),
    directory: (directory) =>
      found(directory, (place) => ({
        path: directory,
        ...namesIn(bytes, place),
        ...summaryAt(bytes, place),
      })),
    stamp: (directory) => found(directory, (place) => stampOf(bytes, place)),
    block: (directory) =>
      found(directory, ({ start }) =>
        Buffer.from(bytes.subarray(start, start + 4 + bytes.readUInt32LE(start))),
      ),
  }
}

export const emptyStatCache: StatCache = {
  rules: '',
  seal: '',
  directories: () => [],
  summary: () => undefined,
  directory: () => undefined,
  stamp: () => undefined,
  block: () => undefined,
}

interface Place {
  readonly start: number
  /** Where the records begin. */
  readonly records: number
  readonly number: number
}

const readIntact = (file: HostPath): Buffer | undefined => {
  try {
    const bytes = readFileSync(file)
    const end = bytes.length - sealSize
    const intact =
      end >= headerSize &&
      bytes.toString('latin1', 0, magic.length) === magic &&
      sha256Hex(bytes.subarray(0, end)) === bytes.toString('hex', end)
    return intact ? bytes : undefined
  } catch {
    return undefined
  }
}

const unknown = '0'.repeat(64)

const summaryAt = (bytes: Buffer, { start, number }: Place): CachedSummary => {
  const treeDigest = bytes.toString('hex', start + blockAt.treeDigest, start + blockAt.treeDigest + 32)
  return {
    number,
    records: bytes.readUInt32LE(start + blockAt.records),
    files: bytes.readUInt32LE(start + blockAt.files),
    directories: bytes.readUInt32LE(start + blockAt.directories),
    comparable: bytes.readUInt32LE(start + blockAt.comparable) === 1,
    treeDigest: treeDigest === unknown ? undefined : treeDigest,
  }
}

const stampOf = (bytes: Buffer, place: Place): string | undefined => {
  const { start, records } = place
  if (bytes.readUInt32LE(start + blockAt.comparable) !== 1) return undefined
  return sha256Hex(bytes.subarray(records, start + 4 + bytes.readUInt32LE(start)))
}

/** The directory that a block is of. */
export const blockHead = (block: Buffer): Pick<CachedDirectory, 'path' | 'comparable'> => ({
  path: textAt(block, blockSize, blockSize + block.readUInt32LE(blockAt.pathLength)),
  comparable: block.readUInt32LE(blockAt.comparable) === 1,
})

/** The `stamp` of a block's directory. */
export const blockStamp = (block: Buffer): string =>
  sha256Hex(block.subarray(blockSize + block.readUInt32LE(blockAt.pathLength)))

/**
 * What blocks say that stand one after another, each of a directory and valid until the next is asked for; undefined for those that are
 * not comparable.
 */
export function* decodeBlocks(source: BlockSource): Generator<PackedNames | undefined, undefined> {
  for (let start = 0, size = 0; start < source.length; start += size) {
    size = 4 + source.read(start, 4).readUInt32LE()
    const bytes = source.read(start, size)
    const records = blockSize + bytes.readUInt32LE(blockAt.pathLength)
    const isComparable = bytes.readUInt32LE(blockAt.comparable) === 1
    yield isComparable ? namesIn(bytes, { start: 0, records, number: 0 }).names : undefined
  }
  return undefined
}

/** Parts of the file's bytes. */
const namesIn = (
  bytes: Buffer,
  { start, records }: Place,
): { readonly names: PackedNames; readonly hidden: HiddenNames } => {
  const count = bytes.readUInt32LE(start + blockAt.records)
  let end = records
  for (let left = count; left > 0; left--) end = recordEnd(bytes, end)
  const hidden = bytes.subarray(end, start + 4 + bytes.readUInt32LE(start))
  return {
    names: packedNames(bytes.subarray(records, end), count),
    hidden: { bytes: hidden, count: bytes.readUInt32LE(start + blockAt.hidden) },
  }
}

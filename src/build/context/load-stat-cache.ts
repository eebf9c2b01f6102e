import { readFileSync } from 'node:fs'
import { decodePath } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { directoriesBelow } from './directories-below.ts'
import { sha256Hex } from './hash-file.ts'
import type { CachedNode, CachedSummary, FileStamp, KnownFiles, StatCache } from './stat-cache.ts'
import {
  blockAt,
  blockSize,
  headerSize,
  magic,
  recordAt,
  recordFlag,
  recordSize,
  sealSize,
} from './stat-cache-format.ts'

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
    places.set(text(bytes, start + blockSize, records), { start, records, number: places.size })
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
    open: (directory) => found(directory, (place) => openFiles(bytes, place)),
    summary: (directory) => found(directory, (place) => summaryAt(bytes, place)),
    directory: (directory) =>
      found(directory, (place) => ({
        path: directory,
        ...decodeNames(bytes, place),
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
  open: () => undefined,
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

/** The directory that a block is of, and its `stamp`. */
export const stampedDirectory = (block: Buffer): readonly [path: string, stamp: string | undefined] => {
  const records = blockSize + block.readUInt32LE(blockAt.pathLength)
  return [text(block, blockSize, records), stampOf(block, { start: 0, records, number: 0 })]
}

/** Walks along the records in step with the caller: neither objects nor digests are made for what did not change. */
const openFiles = (bytes: Buffer, { start, records }: Place): KnownFiles => {
  let left = bytes.readUInt32LE(start + blockAt.records)
  let at = records
  let name = left > 0 ? nameAt(bytes, at) : ''
  return {
    digestOf(wanted, stamp) {
      while (left > 0 && name < wanted) {
        at = recordEnd(bytes, at)
        left -= 1
        if (left > 0) name = nameAt(bytes, at)
      }
      return left > 0 && name === wanted && isStampAt(bytes, at, stamp) ? digestAt(bytes, at) : undefined
    },
  }
}

const decodeNames = (
  bytes: Buffer,
  { start, records }: Place,
): { readonly nodes: readonly CachedNode[]; readonly hidden: readonly string[] } => {
  const nodes: CachedNode[] = []
  const hidden: string[] = []
  let at = records
  for (let left = bytes.readUInt32LE(start + blockAt.records); left > 0; left--) {
    nodes.push(nodeAt(bytes, at))
    at = recordEnd(bytes, at)
  }
  for (let left = bytes.readUInt32LE(start + blockAt.hidden); left > 0; left--) {
    const end = at + 2 + bytes.readUInt16LE(at)
    hidden.push(text(bytes, at + 2, end))
    at = end
  }
  return { nodes, hidden }
}

/** What blocks say that stand one after another, each of a directory; undefined for those that are not comparable. */
export function* decodeBlocks(bytes: Buffer): Generator<readonly CachedNode[] | undefined, undefined> {
  for (let start = 0; start < bytes.length; start += 4 + bytes.readUInt32LE(start)) {
    const records = start + blockSize + bytes.readUInt32LE(start + blockAt.pathLength)
    const isComparable = bytes.readUInt32LE(start + blockAt.comparable) === 1
    yield isComparable ? decodeNames(bytes, { start, records, number: 0 }).nodes : undefined
  }
  return undefined
}

const recordEnd = (bytes: Buffer, at: number): number =>
  at +
  recordSize +
  bytes.readUInt16LE(at + recordAt.nameLength) +
  bytes.readUInt16LE(at + recordAt.restLength)

const nameAt = (bytes: Buffer, at: number): string =>
  text(bytes, at + recordSize, at + recordSize + bytes.readUInt16LE(at + recordAt.nameLength))

const digestAt = (bytes: Buffer, at: number): string | undefined =>
  (bytes.readUInt16LE(at + recordAt.flags) & recordFlag.digest) === 0
    ? undefined
    : bytes.toString('hex', at + recordAt.digest, at + recordAt.digest + 32)

/** `sameStamp` without making an object: this runs once for every file. */
const isStampAt = (bytes: Buffer, at: number, stamp: FileStamp): boolean =>
  bytes.readDoubleLE(at + 16) === stamp.ctimeMs &&
  bytes.readDoubleLE(at) === stamp.size &&
  bytes.readDoubleLE(at + 8) === stamp.mtimeMs &&
  bytes.readDoubleLE(at + 24) === stamp.ino &&
  bytes.readDoubleLE(at + 32) === stamp.dev &&
  bytes.readDoubleLE(at + 40) === stamp.mode

const nodeAt = (bytes: Buffer, at: number): CachedNode => {
  const nameEnd = at + recordSize + bytes.readUInt16LE(at + recordAt.nameLength)
  return {
    name: text(bytes, at + recordSize, nameEnd),
    size: bytes.readDoubleLE(at),
    mtimeMs: bytes.readDoubleLE(at + 8),
    ctimeMs: bytes.readDoubleLE(at + 16),
    ino: bytes.readDoubleLE(at + 24),
    dev: bytes.readDoubleLE(at + 32),
    mode: bytes.readDoubleLE(at + 40),
    digest: digestAt(bytes, at),
    linked: (bytes.readUInt16LE(at + recordAt.flags) & recordFlag.linked) !== 0,
    rest: text(bytes, nameEnd, recordEnd(bytes, at)),
  }
}

/** As `decodePath`, which is asked only where it would give something else than UTF-8: this runs once for every name. */
const text = (bytes: Buffer, from: number, to: number): string => {
  if (from === to) return ''
  const plain = bytes.toString('utf8', from, to)
  return plain.includes('\uFFFD') ? decodePath(bytes.subarray(from, to)) : plain
}

import { decodePath, encodePath } from '../../foundation/filetree/index.ts'
import type { CachedNode, FileStamp } from './file-stamp.ts'
import { recordAt, recordFlag, recordSize } from './stat-cache-format.ts'

/** Where the record behind the one at `at` begins. */
export const recordEnd = (bytes: Buffer, at: number): number =>
  at +
  recordSize +
  bytes.readUInt16LE(at + recordAt.nameLength) +
  bytes.readUInt16LE(at + recordAt.restLength)

export const recordName = (bytes: Buffer, at: number): string =>
  textAt(bytes, at + recordSize, at + recordSize + bytes.readUInt16LE(at + recordAt.nameLength))

/** Target of a symlink, `major:minor` of a device, else ''. */
export const recordRest = (bytes: Buffer, at: number): string =>
  textAt(bytes, at + recordSize + bytes.readUInt16LE(at + recordAt.nameLength), recordEnd(bytes, at))

export const recordHasDigest = (bytes: Buffer, at: number): boolean =>
  (bytes.readUInt16LE(at + recordAt.flags) & recordFlag.digest) !== 0

/** Lower-case hex; undefined when nobody knows it. */
export const recordDigest = (bytes: Buffer, at: number): string | undefined =>
  recordHasDigest(bytes, at)
    ? bytes.toString('hex', at + recordAt.digest, at + recordAt.digest + 32)
    : undefined

export const setRecordDigest = (bytes: Buffer, at: number, digest: string): void => {
  bytes.write(digest, at + recordAt.digest, 'hex')
  bytes.writeUInt16LE(bytes.readUInt16LE(at + recordAt.flags) | recordFlag.digest, at + recordAt.flags)
}

export const recordCtime = (bytes: Buffer, at: number): number => bytes.readDoubleLE(at + recordAt.ctime)

/** The record will match nothing, not even itself, and has no digest. */
export const unsettleRecord = (bytes: Buffer, at: number): void => {
  bytes.writeDoubleLE(Number.NaN, at + recordAt.ctime)
  bytes.fill(0, at + recordAt.digest, at + recordAt.digest + 32)
  bytes.writeUInt16LE(bytes.readUInt16LE(at + recordAt.flags) & ~recordFlag.digest, at + recordAt.flags)
}

export const recordMode = (bytes: Buffer, at: number): number => bytes.readDoubleLE(at + recordAt.mode)

/** Bytes. */
export const recordFileSize = (bytes: Buffer, at: number): number => bytes.readDoubleLE(at + recordAt.size)

/** Milliseconds. */
export const recordMtime = (bytes: Buffer, at: number): number => bytes.readDoubleLE(at + recordAt.mtime)

/** More than one hard link. */
export const isLinked = (bytes: Buffer, at: number): boolean =>
  (bytes.readUInt16LE(at + recordAt.flags) & recordFlag.linked) !== 0

/** Tells it from all others, wherever its names are. */
export const recordInode = (bytes: Buffer, at: number): string =>
  `${bytes.readDoubleLE(at + recordAt.device)}:${bytes.readDoubleLE(at + recordAt.inode)}`

export const recordStamp = (bytes: Buffer, at: number): FileStamp => ({
  size: recordFileSize(bytes, at),
  mtimeMs: recordMtime(bytes, at),
  ctimeMs: recordCtime(bytes, at),
  ino: bytes.readDoubleLE(at + recordAt.inode),
  dev: bytes.readDoubleLE(at + recordAt.device),
  mode: recordMode(bytes, at),
})

export const haveSameName = (a: Buffer, at: number, b: Buffer, bt: number): boolean => {
  const length = a.readUInt16LE(at + recordAt.nameLength)
  if (length !== b.readUInt16LE(bt + recordAt.nameLength)) return false
  for (let i = recordSize; i < recordSize + length; i++) if (a[at + i] !== b[bt + i]) return false
  return true
}

/** `sameStamp` of two records without making objects: this runs once for every file. */
export const haveSameStamp = (a: Buffer, at: number, b: Buffer, bt: number): boolean => {
  // The one that decides first.
  const ctime = recordAt.ctime
  if (a.readDoubleLE(at + ctime) !== b.readDoubleLE(bt + ctime)) return false
  for (let offset = 0; offset < recordAt.digest; offset += 8)
    if (a.readDoubleLE(at + offset) !== b.readDoubleLE(bt + offset)) return false
  return true
}

export const recordNode = (bytes: Buffer, at: number): CachedNode => ({
  name: recordName(bytes, at),
  ...recordStamp(bytes, at),
  digest: recordDigest(bytes, at),
  linked: isLinked(bytes, at),
  rest: recordRest(bytes, at),
})

/** One after another. */
export const encodeRecords = (nodes: readonly CachedNode[]): Buffer => {
  const names = nodes.map((node) => encodePath(node.name))
  const rests = nodes.map((node) => (node.rest === '' ? none : encodePath(node.rest)))
  const bytes = Buffer.alloc(nodes.length * recordSize + sizeOf(names) + sizeOf(rests))
  let at = 0
  nodes.forEach((node, i) => {
    at = writeRecord(bytes, at, node, { name: names[i] ?? none, rest: rests[i] ?? none })
  })
  return bytes
}

const none = Buffer.alloc(0)

const sizeOf = (parts: readonly Buffer[]): number => parts.reduce((sum, part) => sum + part.length, 0)

const writeRecord = (
  block: Buffer,
  start: number,
  node: CachedNode,
  text: { readonly name: Buffer; readonly rest: Buffer },
): number => {
  let at = block.writeDoubleLE(node.size, start)
  at = block.writeDoubleLE(node.mtimeMs, at)
  at = block.writeDoubleLE(node.ctimeMs, at)
  at = block.writeDoubleLE(node.ino, at)
  at = block.writeDoubleLE(node.dev, at)
  at = block.writeDoubleLE(node.mode, at)
  if (node.digest !== undefined) block.write(node.digest, at, 'hex')
  const flags = (node.digest === undefined ? 0 : recordFlag.digest) | (node.linked ? recordFlag.linked : 0)
  at = block.writeUInt16LE(flags, at + 32)
  at = block.writeUInt16LE(text.name.length, at)
  at = block.writeUInt16LE(text.rest.length, at)
  at += text.name.copy(block, at)
  return at + text.rest.copy(block, at)
}

/** As `decodePath`, which is asked only where it would give something else than UTF-8: this runs once for every name. */
export const textAt = (bytes: Buffer, from: number, to: number): string => {
  if (from === to) return ''
  const plain = bytes.toString('utf8', from, to)
  return plain.includes('\uFFFD') ? decodePath(bytes.subarray(from, to)) : plain
}

import { encodePath } from '../../foundation/filetree/index.ts'
import { createHasher, type HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import type { CachedDirectory, CachedNode } from './stat-cache.ts'
import { blockAt, blockSize, magic, recordFlag, recordSize } from './stat-cache-format.ts'

/**
 * Replaces the file in one step. Directories in any order, as they were found or as blocks of an earlier file. `rules`: hex
 * digest of the ignore rules. `seen` is told of each block that was written.
 */
export const storeStatCache = (
  file: HostPath,
  rules: string,
  directories: Iterable<CachedDirectory | Buffer>,
  seen: (block: Buffer) => void = () => undefined,
): void => {
  const start = [Buffer.from(magic), Buffer.from(rules, 'hex')]
  function* blocks(): Iterable<Buffer> {
    yield* start
    for (const directory of directories) {
      const block = Buffer.isBuffer(directory) ? directory : encodeDirectory(directory)
      seen(block)
      yield block
    }
  }
  atomicWrite(file, sealed(inPieces(blocks())))
}

/** Behind all pieces their digest. */
function* sealed(pieces: Iterable<Buffer>): Iterable<Buffer> {
  const hash = createHasher()
  for (const piece of pieces) {
    hash.update(piece)
    yield piece
  }
  yield hash.digest()
}

/** Bytes that are written at once: blocks are small, and all of them together are much. */
const pieceSize = 1 << 20

function* inPieces(parts: Iterable<Buffer>): Iterable<Buffer> {
  let open: Buffer[] = []
  let size = 0
  for (const part of parts) {
    open.push(part)
    size += part.length
    if (size < pieceSize) continue
    yield Buffer.concat(open)
    open = []
    size = 0
  }
  yield Buffer.concat(open)
}

/** Takes from a block what holds only for the whole tree below, or (`listing`) for the rules it was made by. */
export const forget = (block: Buffer, what: 'tree-digest' | 'listing'): Buffer => {
  block.fill(0, blockAt.treeDigest, blockSize)
  if (what === 'listing') block.writeUInt32LE(0, blockAt.comparable)
  return block
}

const encodeDirectory = (directory: CachedDirectory): Buffer => {
  const { nodes, hidden } = directory
  const path = encodePath(directory.path)
  const names = nodes.map((node) => encodePath(node.name))
  const rests = nodes.map((node) => (node.rest === '' ? none : encodePath(node.rest)))
  const hiddenNames = hidden.map(encodePath)
  const size =
    blockSize +
    path.length +
    nodes.length * recordSize +
    sizeOf(names) +
    sizeOf(rests) +
    2 * hidden.length +
    sizeOf(hiddenNames)
  const block = Buffer.alloc(size)
  const numbers = [
    size - 4,
    path.length,
    directory.comparable ? 1 : 0,
    nodes.length,
    hidden.length,
    countOf(nodes, 0o100000),
    countOf(nodes, 0o040000),
  ]
  let at = 0
  for (const number of numbers) at = block.writeUInt32LE(number, at)
  block.write(directory.treeDigest ?? '', at, 'hex')
  at = blockSize + path.copy(block, blockSize)
  nodes.forEach((node, i) => {
    at = writeRecord(block, at, node, { name: names[i] ?? none, rest: rests[i] ?? none })
  })
  for (const name of hiddenNames) {
    at = block.writeUInt16LE(name.length, at)
    at += name.copy(block, at)
  }
  return block
}

const none = Buffer.alloc(0)

const sizeOf = (parts: readonly Buffer[]): number => parts.reduce((sum, part) => sum + part.length, 0)

/** inode(7): the type is in these bits. */
const countOf = (nodes: readonly CachedNode[], type: number): number =>
  nodes.reduce((count, node) => count + ((node.mode & 0o170000) === type ? 1 : 0), 0)

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

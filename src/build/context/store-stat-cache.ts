import { encodePath } from '../../foundation/filetree/index.ts'
import { createHasher, type HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { countNames, recordsOf } from './packed-names.ts'
import { type CachedDirectory, isSettled } from './stat-cache.ts'
import { blockAt, blockSize, magic } from './stat-cache-format.ts'
import { recordCtime, unsettleRecord } from './stat-records.ts'

/**
 * Replaces the file in one step. Directories in any order, as they were found or as blocks of an earlier file. `rules`: hex
 * digest of the ignore rules. `seen` is told of each block that was written. Returns the seal (hex).
 */
export const storeStatCache = (
  file: HostPath,
  rules: string,
  directories: Iterable<CachedDirectory | Buffer>,
  seen: (block: Buffer) => void = () => undefined,
): string => {
  const start = [Buffer.from(magic), Buffer.from(rules, 'hex')]
  function* blocks(): Iterable<Buffer> {
    yield* start
    for (const directory of directories) {
      const block = Buffer.isBuffer(directory) ? directory : encodeDirectory(directory)
      seen(block)
      yield block
    }
  }
  let seal = ''
  atomicWrite(
    file,
    sealed(inPieces(blocks()), (digest) => {
      seal = digest.toString('hex')
    }),
  )
  return seal
}

/** Behind all pieces their digest, which is told. */
function* sealed(pieces: Iterable<Buffer>, tell: (digest: Buffer) => void): Iterable<Buffer> {
  const hash = createHasher()
  for (const piece of pieces) {
    hash.update(piece)
    yield piece
  }
  const digest = hash.digest()
  tell(digest)
  yield digest
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

/** `takenAt`: when the first of its stamps may have been taken; those that were not settled then will match nothing. */
export const encodeDirectory = (directory: CachedDirectory, takenAt?: number): Buffer => {
  const { names, hidden } = directory
  const path = encodePath(directory.path)
  const block = Buffer.alloc(blockSize + path.length + names.bytes.length + hidden.bytes.length)
  const { files, directories } = countNames(names)
  const numbers = [
    block.length - 4,
    path.length,
    directory.comparable ? 1 : 0,
    names.count,
    hidden.count,
    files,
    directories,
  ]
  let at = 0
  for (const number of numbers) at = block.writeUInt32LE(number, at)
  block.write(directory.treeDigest ?? '', at, 'hex')
  at = blockSize + path.copy(block, blockSize)
  const records = block.subarray(at, at + names.bytes.copy(block, at))
  hidden.bytes.copy(block, at + records.length)
  if (takenAt === undefined) return block
  for (const record of recordsOf({ ...names, bytes: records }))
    if (!isSettled(recordCtime(records, record), takenAt)) unsettleRecord(records, record)
  return block
}

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { createHasher, type Digest, type HostPath, hexOf, parseDigest } from '../../foundation/oci/index.ts'
import { damagedPatch, layerIo } from './layer-error.ts'
import { blockSize } from './tar-header.ts'

/** Where a part of a layer's tar lies: in the tar of another layer, or in the patch file itself. */
export interface PatchPlace {
  readonly source: 'base' | 'own'
  /** Byte in the file of the source. */
  readonly offset: number
}

/** Consecutive bytes of the tar from one source. */
export interface PatchPiece extends PatchPlace {
  /** Bytes. */
  readonly size: number
}

/** What is said of a patch besides its pieces. Sizes are in bytes. */
export interface PatchFacts {
  /** The other layer's tar. */
  readonly base: Digest
  readonly baseSize: number
}

/**
 * The end of a patch file (docs/adr/0009): of which pieces the layer's tar is made. The pieces of a source of its own follow one another
 * in the file as in the tar; together they are all of its own bytes.
 */
export interface PatchTable extends PatchFacts {
  readonly ownSize: number
  readonly tarSize: number
  /** All, in the order of the tar. */
  readonly pieces: readonly PatchPiece[]
  /** Where these bytes of the tar lie; undefined when they do not lie in one piece. */
  placeOf(offset: number, size: number): PatchPlace | undefined
  /** What bytes `start` to `end` of the tar are made of. */
  between(start: number, end: number): Iterable<PatchPiece>
}

const rowSize = 24
const trailerSize = 512
const magic = 'tsbpatch'
const version = 1
/** A tar has no more members. */
const mostRows = 4 << 20

/** Reads the table of a patch file. Throws `bad-patch` for one that is damaged, `layer-io`. */
export const readPatch = (path: HostPath): PatchTable => {
  const fd = open(path)
  try {
    const trailer = readEnd(fd)
    const table = exactly(fd, trailer.ownSize, trailer.rows * rowSize)
    if (createHasher().update(table).digest('hex') !== trailer.tableHash)
      throw damagedPatch('its table has another digest than it should have')
    return tableOf(trailer, readRows(table, trailer))
  } finally {
    closeSync(fd)
  }
}

/** What a patch file says of its table, which is not read, so not checked either. Throws `bad-patch`, `layer-io`. */
export const readPatchFacts = (
  path: HostPath,
): PatchFacts & { readonly tarSize: number; readonly tableHash: string } => {
  const fd = open(path)
  try {
    return readEnd(fd)
  } finally {
    closeSync(fd)
  }
}

/** What follows the own bytes of a patch whose tar is made of `pieces`. */
export const encodePatchEnd = (pieces: readonly PatchPiece[], { base, baseSize }: PatchFacts): Buffer => {
  const table = Buffer.alloc(pieces.length * rowSize)
  let [tarSize, ownSize] = [0, 0]
  for (const [row, { source, offset, size }] of pieces.entries()) {
    const at = row * rowSize
    table.writeBigUInt64LE(BigInt(size), at)
    table.writeBigUInt64LE(BigInt(offset), at + 8)
    table.writeUInt32LE(source === 'own' ? 1 : 0, at + 16)
    tarSize += size
    if (source === 'own') ownSize += size
  }
  const trailer = Buffer.alloc(trailerSize)
  trailer.write(magic, 'latin1')
  trailer.writeUInt32LE(version, 8)
  trailer.writeUInt32LE(pieces.length, 12)
  for (const [place, size] of [ownSize, tarSize, baseSize].entries())
    trailer.writeBigUInt64LE(BigInt(size), 16 + 8 * place)
  trailer.write(hexOf(base), 40, 'hex')
  createHasher().update(table).digest().copy(trailer, 72)
  return Buffer.concat([table, trailer])
}

interface Trailer extends PatchFacts {
  readonly rows: number
  readonly ownSize: number
  readonly tarSize: number
  /** Lower-case hex. */
  readonly tableHash: string
}

const readEnd = (fd: number): Trailer => {
  const { size } = fstatSync(fd)
  if (size < trailerSize) throw damagedPatch('it is cut off')
  const trailer = readTrailer(exactly(fd, size - trailerSize, trailerSize))
  const { rows, ownSize } = trailer
  if (rows > mostRows || ownSize + rows * rowSize + trailerSize !== size)
    throw damagedPatch(`${size} bytes, expected ${ownSize} and ${rows} rows`)
  return trailer
}

const readTrailer = (bytes: Buffer): Trailer => {
  if (bytes.toString('latin1', 0, 8) !== magic) throw damagedPatch('it does not end as a patch does')
  const found = bytes.readUInt32LE(8)
  if (found !== version) throw damagedPatch(`version ${found}, expected ${version}`)
  if (!bytes.subarray(104).every((byte) => byte === 0)) throw damagedPatch('something follows its trailer')
  return {
    rows: bytes.readUInt32LE(12),
    ownSize: u64(bytes, 16),
    tarSize: u64(bytes, 24),
    baseSize: u64(bytes, 32),
    base: parseDigest(`sha256:${bytes.toString('hex', 40, 72)}`),
    tableHash: bytes.toString('hex', 72, 104),
  }
}

const u64 = (bytes: Buffer, at: number): number => {
  const value = Number(bytes.readBigUInt64LE(at))
  if (!Number.isSafeInteger(value)) throw damagedPatch(`a number of ${value}`)
  return value
}

const readRows = (table: Buffer, { ownSize, tarSize, baseSize }: Trailer): readonly PatchPiece[] => {
  const pieces: PatchPiece[] = []
  let [tar, own] = [0, 0]
  for (let at = 0; at < table.length; at += rowSize) {
    const piece = pieceIn(table, at)
    const { source, offset, size } = piece
    const isRight = source === 'own' ? offset === own : offset + size <= baseSize
    if (!isRight || size === 0 || size % blockSize !== 0 || offset % blockSize !== 0)
      throw damagedPatch(`row ${pieces.length} has ${size} bytes at ${offset} of ${source}`)
    tar += size
    if (source === 'own') own += size
    pieces.push(piece)
  }
  if (tar !== tarSize || own !== ownSize)
    throw damagedPatch(`its rows have ${tar} bytes, ${own} own, expected ${tarSize} and ${ownSize}`)
  return pieces
}

const pieceIn = (table: Buffer, at: number): PatchPiece => {
  const source = table.readUInt32LE(at + 16)
  if (source > 1 || table.readUInt32LE(at + 20) !== 0) throw damagedPatch(`a row of source ${source}`)
  return { source: source === 1 ? 'own' : 'base', size: u64(table, at), offset: u64(table, at + 8) }
}

const tableOf = (facts: Trailer, pieces: readonly PatchPiece[]): PatchTable => {
  const { base, baseSize, ownSize, tarSize } = facts
  const starts = startsOf(pieces)
  const between = function* (start: number, end: number): Generator<PatchPiece> {
    let row = rowAt(starts, start)
    for (let at = start; at < end; row++) {
      const piece = pieces[row]
      const begin = starts[row]
      if (piece === undefined || begin === undefined) throw damagedPatch(`nothing at ${at}`)
      const size = Math.min(end, begin + piece.size) - at
      yield { source: piece.source, offset: piece.offset + at - begin, size }
      at += size
    }
  }
  return {
    base,
    baseSize,
    ownSize,
    tarSize,
    pieces,
    between,
    placeOf(offset, size) {
      const row = rowAt(starts, offset)
      const piece = pieces[row]
      const begin = starts[row]
      if (piece === undefined || begin === undefined || offset + size > begin + piece.size) return undefined
      return { source: piece.source, offset: piece.offset + offset - begin }
    },
  }
}

const startsOf = (pieces: readonly PatchPiece[]): Float64Array => {
  const starts = new Float64Array(pieces.length)
  let start = 0
  for (const [row, { size }] of pieces.entries()) {
    starts[row] = start
    start += size
  }
  return starts
}

/** The last row that does not begin after `offset`. */
const rowAt = (starts: Float64Array, offset: number): number => {
  let [low, high] = [0, starts.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((starts[middle] ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  return low - 1
}

const exactly = (fd: number, from: number, size: number): Buffer => {
  const bytes = Buffer.alloc(size)
  for (let done = 0; done < size; ) {
    const count = readSync(fd, bytes, done, size - done, from + done)
    if (count === 0) throw damagedPatch('it is cut off')
    done += count
  }
  return bytes
}

const open = (path: HostPath): number => {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw layerIo(`open patch ${path}`, error)
  }
}

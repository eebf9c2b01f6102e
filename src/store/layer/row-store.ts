import type { Spool } from '../../foundation/sys/index.ts'
import { createBytePieces } from './byte-pieces.ts'
import { rowSize } from './index-record.ts'

/** Rows of an index in the order in which they come, and the number of each one's parent. Row 0 is the root's. */
export interface RowStore {
  count(): number
  /** Makes rows of one parent that stand together, as many as there is room for in one piece, at least 1. Valid until the next call. */
  make(parent: number, most: number): RowRoom
  /** The root's, as long as there is no other. */
  root(): RowRoom
  /** By row. To be called when all are there; the rows know no parents any more, and the array is the caller's. */
  takeParents(): Uint32Array
  /** Consecutive rows from one on, as far as they stand together. Valid until others have been asked for. */
  from(row: number): RowRoom
  /** Bytes in memory. */
  held(): number
}

/** Rows that stand together. */
export interface RowRoom {
  readonly bytes: Buffer
  readonly view: DataView
  /** In words of 4 bytes. */
  readonly words: Uint32Array
  /** In numbers of 8 bytes. */
  readonly doubles: Float64Array
  /** Place of the first among those in `bytes`. */
  first: number
  count: number
}

/** Rows of a piece. */
export const pieceRows = 1024

/** Of the first piece, which grows to the size of all: most layers are small, and there are many of them. */
const firstRows = 16

/** @param spool takes what is more than a few pieces */
export const createRowStore = (spool?: Spool): RowStore => {
  const finished = createBytePieces(16, spool)
  let room = roomIn(Buffer.alloc(firstRows * rowSize))
  room.count = 1
  let start = 0
  let parents = new Uint32Array(firstRows)
  let count = 1

  const nextPiece = (): void => {
    const free = finished.add(room.bytes)
    room = roomIn(free === undefined ? Buffer.alloc(pieceRows * rowSize) : free.fill(0))
    start = count
  }
  const grow = (rows: number): void => {
    const larger = Buffer.alloc(
      Math.min(pieceRows, Math.max(rows, (2 * room.bytes.length) / rowSize)) * rowSize,
    )
    larger.set(room.bytes)
    room = roomIn(larger)
  }
  const noteParent = (parent: number, end: number): void => {
    if (end > parents.length) {
      const larger = new Uint32Array(Math.max(2 * parents.length, end))
      larger.set(parents)
      parents = larger
    }
    parents.fill(parent, count, end)
  }
  let read: { readonly number: number; readonly room: RowRoom } | undefined
  return {
    count: () => count,
    make(parent, most) {
      if (count - start === pieceRows) nextPiece()
      const rows = Math.min(count - start + most, pieceRows)
      if (rows * rowSize > room.bytes.length) grow(rows)
      room.first = count - start
      room.count = Math.min(most, pieceRows - room.first)
      noteParent(parent, count + room.count)
      count += room.count
      return room
    },
    root: () => room,
    takeParents() {
      const all = parents
      parents = new Uint32Array(0)
      return all
    },
    from(row) {
      const number = Math.floor(row / pieceRows)
      const isLast = number * pieceRows === start
      const found =
        read?.number === number
          ? read
          : { number, room: isLast ? roomIn(room.bytes) : roomIn(finished.piece(number)) }
      read = found
      found.room.first = row - number * pieceRows
      found.room.count = Math.min(pieceRows, count - number * pieceRows) - found.room.first
      return found.room
    },
    held: () => finished.held() + room.bytes.length + parents.byteLength,
  }
}

const roomIn = (bytes: Buffer): RowRoom => ({
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
  words: new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4),
  doubles: new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8),
  first: 0,
  count: 0,
})

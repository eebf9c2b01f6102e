import { rowSize } from './index-record.ts'
import type { RowStore } from './row-store.ts'

const words = rowSize / 4
/** Words of a row that are known when all rows are: its first child, and the number of its children. */
const firstChild = 14
const childCount = 15

/** The order of the file: breadth first, so that children stand together. */
export interface Arrangement {
  /** Old numbers in the new order. */
  readonly order: Uint32Array
  /** Grows by the number of a row's children, from its old number to the next. */
  readonly starts: Uint32Array
}

/** Of rows in any order where parents come before children, and siblings in order. Takes `parents` for its result. */
export const arrangeRows = (parents: Uint32Array, count: number): Arrangement => {
  // Where the children of each row begin: first their numbers, then their ends, which go back child by child.
  const starts = new Uint32Array(count + 1)
  for (let row = 1; row < count; row++) {
    const parent = parents[row] ?? 0
    starts[parent] = (starts[parent] ?? 0) + 1
  }
  for (let row = 0, end = 0; row <= count; row++) {
    end += starts[row] ?? 0
    starts[row] = end
  }
  const children = new Uint32Array(count)
  for (let row = count - 1; row > 0; row--) {
    const parent = parents[row] ?? 0
    const at = (starts[parent] ?? 0) - 1
    starts[parent] = at
    children[at] = row
  }
  const order = parents.subarray(0, count)
  order[0] = 0
  for (let place = 0, end = 1; place < count; place++) {
    const row = order[place] ?? 0
    const first = starts[row] ?? 0
    const last = starts[row + 1] ?? 0
    if (first < last) order.set(children.subarray(first, last), end)
    end += last - first
  }
  return { order, starts }
}

/** Rows that are handed out at once. */
const most = 1024

/** The bytes of the rows in their new order, each piece valid until the next one is asked for. */
export function* arrangedRows(rows: RowStore, { order, starts }: Arrangement): Generator<Buffer> {
  const piece = Buffer.allocUnsafeSlow(Math.min(most, order.length) * rowSize)
  const target = new Uint32Array(piece.buffer, piece.byteOffset, piece.length / 4)
  let end = 1
  for (let place = 0; place < order.length; ) {
    const some = order.subarray(place, place + most)
    copyRows(rows, some, target)
    end = numberChildren(target, { order: some, starts }, end)
    yield piece.subarray(0, some.length * rowSize)
    place += some.length
  }
}

/** A loop of its own, which V8 compiles: one inside a generator runs slowly to its end. */
const numberChildren = (target: Uint32Array, { order, starts }: Arrangement, first: number): number => {
  let end = first
  for (let i = 0; i < order.length; i++) {
    const row = order[i] ?? 0
    const its = (starts[row + 1] ?? 0) - (starts[row] ?? 0)
    target[i * words + firstChild] = end
    target[i * words + childCount] = its
    end += its
  }
  return end
}

/** Mostly many rows come one after the other. */
const copyRows = (rows: RowStore, order: Uint32Array, target: Uint32Array): void => {
  for (let place = 0; place < order.length; ) {
    const row = order[place] ?? 0
    const { words: from, first, count } = rows.from(row)
    let together = 1
    while (together < count && order[place + together] === row + together) together += 1
    if (together === 1)
      for (let i = 0; i < words; i++) target[place * words + i] = from[first * words + i] ?? 0
    else target.set(from.subarray(first * words, (first + together) * words), place * words)
    place += together
  }
}

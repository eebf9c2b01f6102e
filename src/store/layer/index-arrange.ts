import { rowSize } from './index-record.ts'

const words = rowSize / 4
/** Words of a row: its first child, which is its parent while the rows are not arranged, and the number of its children. */
const firstChild = 14
const childCount = 15

/**
 * Puts rows that have come in tree order, each with the number of its parent, into the order of the file: breadth first, so that children
 * stand together. The result has the old numbers in the new order. Both buffers begin at whole words.
 */
export const arrangeRows = (rows: Buffer, count: number, target: Buffer): Uint32Array => {
  const from = new Uint32Array(rows.buffer, rows.byteOffset, count * words)
  const to = new Uint32Array(target.buffer, target.byteOffset, count * words)
  const numbers = viewOf(rows)
  const numbersAt = viewOf(target)
  const { starts, children } = childrenOf(numbers, count)
  const order = new Uint32Array(count)
  let end = 1
  for (let place = 0; place < count; place++) {
    const row = order[place] ?? 0
    for (let i = 0; i < words; i++) to[place * words + i] = from[row * words + i] ?? 0
    numbersAt.setUint32(place * rowSize + firstChild * 4, end, true)
    const start = starts[row] ?? 0
    const its = numberAt(numbers, row, childCount)
    for (let i = 0; i < its; i++) order[end++] = children[start + i] ?? 0
  }
  return order
}

/** Children by parent, those of one in the order in which they came. */
const childrenOf = (
  rows: DataView,
  count: number,
): { readonly starts: Uint32Array; readonly children: Uint32Array } => {
  const starts = new Uint32Array(count)
  for (let row = 0, next = 0; row < count; row++) {
    starts[row] = next
    next += numberAt(rows, row, childCount)
  }
  const cursors = starts.slice()
  const children = new Uint32Array(count)
  for (let row = 1; row < count; row++) {
    const parent = numberAt(rows, row, firstChild)
    const at = cursors[parent] ?? 0
    children[at] = row
    cursors[parent] = at + 1
  }
  return { starts, children }
}

const numberAt = (rows: DataView, row: number, word: number): number =>
  rows.getUint32(row * rowSize + word * 4, true)

/** Its methods are compiled in place, those of a buffer are calls. */
const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

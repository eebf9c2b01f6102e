import { blockSize, direntSize, direntTypes } from './image-format.ts'
import type { IndexRows } from './index-rows.ts'

/** Stand for the directory itself and the one above it among the rows of its children. */
export const self = -1
export const above = -2

/** The rows of a directory's children, with `self` and `above`, by the bytes of their names: so the kernel looks them up. */
export const inByteOrder = (rows: IndexRows, directory: number): readonly number[] => {
  const [first, end] = rows.children(directory)
  const order: number[] = [self, above]
  let inOrder = true
  for (let row = first; row < end; row++) {
    order.push(row)
    inOrder &&= isPlain(rows, row)
  }
  // Of plain names, code units and bytes have the same order.
  return inOrder ? order : order.sort((a, b) => Buffer.compare(nameOf(rows, a), nameOf(rows, b)))
}

/** ASCII, and behind `..`. */
const isPlain = (rows: IndexRows, row: number): boolean => {
  const from = rows.nameAt(row)
  const to = from + rows.nameLength(row)
  if ((rows.names[from] ?? 0) <= dot) return false
  for (let i = from; i < to; i++) if ((rows.names[i] ?? 0) > 0x7f) return false
  return true
}

const dot = 0x2e
const dots = Buffer.from('..')

const nameOf = (rows: IndexRows, row: number): Buffer =>
  row < 0
    ? dots.subarray(0, -row)
    : rows.names.subarray(rows.nameAt(row), rows.nameAt(row) + rows.nameLength(row))

const direntLength = (rows: IndexRows, row: number): number =>
  direntSize + (row < 0 ? -row : rows.nameLength(row))

/** Bytes of a directory's content; its last block counts as far as it is used. */
export const directorySize = (rows: IndexRows, order: readonly number[]): number => {
  let full = 0
  let used = 0
  for (const row of order) {
    const size = direntLength(rows, row)
    if (used + size > blockSize) {
      full += 1
      used = 0
    }
    used += size
  }
  return full * blockSize + used
}

export interface DirectoryContent {
  readonly order: readonly number[]
  /** Also of `self` and `above`. */
  nidOf(row: number): number
}

/** Each block has its entries first, then their names. */
export const writeDirectory = (
  image: Buffer,
  start: number,
  rows: IndexRows,
  { order, nidOf }: DirectoryContent,
): void => {
  for (let from = 0, block = start; from < order.length; block += blockSize) {
    const to = endOfBlock(rows, order, from)
    let nameAt = (to - from) * direntSize
    for (let at = block; from < to; from++, at += direntSize) {
      const row = order[from] ?? self
      image.writeUInt32LE(nidOf(row), at)
      image.writeUInt16LE(nameAt, at + 8)
      image[at + 10] = direntTypes[row < 0 ? 'directory' : rows.type(row)]
      if (row < 0) nameAt += dots.copy(image, block + nameAt, 0, -row)
      else nameAt += copyName(rows, row, image, block + nameAt)
    }
  }
}

const endOfBlock = (rows: IndexRows, order: readonly number[], from: number): number => {
  let used = 0
  for (let to = from; to < order.length; to++) {
    used += direntLength(rows, order[to] ?? self)
    if (used > blockSize) return to
  }
  return order.length
}

const copyName = (rows: IndexRows, row: number, image: Buffer, at: number): number => {
  const from = rows.nameAt(row)
  return rows.names.copy(image, at, from, from + rows.nameLength(row))
}

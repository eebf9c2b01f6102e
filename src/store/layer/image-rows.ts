import { rowSize } from './index-record.ts'
import type { IndexRows } from './index-rows.ts'
import { badIndex } from './layer-error.ts'

/**
 * Throws `bad-index` of rows that nobody has written, as the helper does (native/index_rows.c): a name that is longer than a block
 * has a place in no directory, and one that lies elsewhere has no bytes.
 */
export const checkRows = (rows: IndexRows): void => {
  const { numbers, names, extras, rowCount } = rows
  let children = 0
  for (let row = 0; row < rowCount; row++) {
    const at = row * rowSize
    const nameLength = numbers.getUint16(at + 4, true)
    if (nameLength > longestName || (nameLength === 0 && row !== 0))
      throw badIndex('a name has a wrong length')
    if (numbers.getUint32(at, true) + nameLength > names.length) throw badIndex('a name lies outside')
    if (numbers.getUint32(at + 48, true) + numbers.getUint32(at + 52, true) > extras.length)
      throw badIndex('what belongs to a row lies outside')
    const [first, end] = rows.children(row)
    children += end - first
  }
  // Each is the child of at most one other, and the root of none.
  if (children >= rowCount) throw badIndex('rows have too many children')
}

const longestName = 255

/** Numbers that an image can have, and that are whole ones. */
export const hasWholeNumbers = ({ numbers }: IndexRows, row: number): boolean => {
  const at = row * rowSize
  const [size, offset] = [numbers.getFloat64(at + 32, true), numbers.getFloat64(at + 40, true)]
  return Number.isSafeInteger(numbers.getFloat64(at + 24, true)) && isCount(size) && isCount(offset)
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

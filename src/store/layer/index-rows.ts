import { baseOf, byCodeUnit, decodePath, parentOf } from '../../foundation/filetree/index.ts'
import type { IndexEntry } from './entry-types.ts'
import { headerSize, magic } from './index-format.ts'
import { flag, type RowFlag, type RowType, readRow, rowSize, typeOfRow } from './index-record.ts'
import { badIndex as damaged } from './layer-error.ts'

/** The rows of an index file, told by their numbers; row 0 is the root. Nothing is made of a row before it is asked for. */
export interface IndexRows {
  /** Entries; the root counts when the layer says something about it. */
  readonly count: number
  readonly rowCount: number
  readonly hasRoot: boolean
  /** All names together. */
  readonly names: Buffer
  type(row: number): RowType
  has(row: number, what: RowFlag): boolean
  name(row: number): string
  /** Where the name lies in `names`. */
  nameAt(row: number): number
  nameLength(row: number): number
  entry(row: number, path: string): IndexEntry
  children(row: number): readonly [first: number, end: number]
  /** One binary search per component. */
  find(path: string): number | undefined
  /** Consecutive rows as they stand. */
  copyRows(first: number, end: number, target: Buffer, at: number): void
  /** The variable parts of all rows together. */
  readonly extras: Buffer
  /** Numbers of a row as they stand (see index-record). */
  readonly numbers: DataView
}

/** Throws `bad-index`. */
export const openRows = (bytes: Buffer): IndexRows => {
  const { count, rowCount, hasRoot, rows, names, extras } = sectionsOf(bytes)
  const name = (row: number): string => {
    const start = rows.readUInt32LE(row * rowSize)
    return decodePath(names.subarray(start, start + rows.readUInt16LE(row * rowSize + 4)))
  }
  const children = (row: number): readonly [first: number, end: number] => {
    const first = rows.readUInt32LE(row * rowSize + 56)
    const end = first + rows.readUInt32LE(row * rowSize + 60)
    if (first <= row || end > rowCount) throw damaged('a row points outside')
    return [first, end]
  }
  /** Who looks for one mostly looks for the next one of the same directory then. */
  let last = { parent: '', parentRow: 0, row: 0 }
  const child = (parent: number, wanted: string): number | undefined => {
    let [low, high] = children(parent)
    const next = last.row + 1
    if (next >= low && next < high && name(next) === wanted) return next
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = byCodeUnit(name(middle), wanted)
      if (order === 0) return middle
      if (order < 0) low = middle + 1
      else high = middle
    }
    return undefined
  }
  const walk = (path: string): number | undefined => {
    let row: number | undefined = 0
    for (const component of path === '' ? [] : path.split('/')) {
      row = child(row, component)
      if (row === undefined) return undefined
    }
    return row
  }
  const find = (path: string): number | undefined => {
    if (path === '') return 0
    if (path.startsWith('/')) return undefined
    const parent = parentOf(path)
    const parentRow = parent === last.parent ? last.parentRow : walk(parent)
    if (parentRow === undefined) return undefined
    const row = child(parentRow, baseOf(path))
    if (row !== undefined) last = { parent, parentRow, row }
    return row
  }
  const entry = (row: number, path: string): IndexEntry => readRow(rows, row * rowSize, extras, path)
  return {
    count,
    rowCount,
    hasRoot,
    names,
    numbers: new DataView(rows.buffer, rows.byteOffset, rows.length),
    type: (row) => typeOfRow(rows[row * rowSize + 6] ?? 0),
    has: (row, what) => ((rows[row * rowSize + 7] ?? 0) & flag[what]) !== 0,
    name,
    nameAt: (row) => rows.readUInt32LE(row * rowSize),
    nameLength: (row) => rows.readUInt16LE(row * rowSize + 4),
    entry,
    children,
    find,
    copyRows: (first, end, target, at) => void rows.copy(target, at, first * rowSize, end * rowSize),
    extras,
  }
}

interface Sections {
  readonly count: number
  readonly rowCount: number
  readonly hasRoot: boolean
  readonly rows: Buffer
  readonly names: Buffer
  readonly extras: Buffer
}

const sectionsOf = (bytes: Buffer): Sections => {
  if (bytes.length < headerSize || bytes.toString('latin1', 0, magic.length) !== magic)
    throw damaged('not an index')
  const number = (i: number): number => bytes.readUInt32LE(magic.length + 4 * i)
  const rowCount = number(1)
  const namesAt = headerSize + rowCount * rowSize
  const extrasAt = namesAt + number(2)
  if (rowCount < 1 || bytes.length !== extrasAt + number(3)) throw damaged('wrong length')
  const hasRoot = number(4) === 1
  if (number(0) !== rowCount - (hasRoot ? 0 : 1)) throw damaged('wrong count')
  return {
    count: number(0),
    rowCount,
    hasRoot,
    rows: bytes.subarray(headerSize, namesAt),
    names: bytes.subarray(namesAt, extrasAt),
    extras: bytes.subarray(extrasAt),
  }
}

import { readFileSync } from 'node:fs'
import { byCodeUnit, decodePath, joinInRoot } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { encodeIndex } from './index-encode.ts'
import { headerSize, magic } from './index-format.ts'
import { readRow, rowSize } from './index-record.ts'
import { badIndex as damaged } from './layer-error.ts'
import type { IndexEntry, LayerIndex } from './types.ts'

/** Replaces the index file at `path` in one step. */
export const writeIndex = (path: HostPath, entries: Iterable<IndexEntry>): void => {
  atomicWrite(path, encodeIndex(entries))
}

/** Opens an index file. Throws `bad-index` when it is damaged, the file system's error when it is not there. */
export const openIndex = (path: HostPath): LayerIndex => decodeIndex(readFileSync(path))

/** The bytes of an index file as an index. Nothing is parsed before it is asked for. */
export const decodeIndex = (bytes: Buffer): LayerIndex => {
  const rows = openRows(sectionsOf(bytes))
  const root = rows.hasRoot ? rows.entry(0, '') : undefined
  return {
    count: rows.count,
    get: (path) => {
      if (path === '') return root
      const row = rows.find(path)
      return row === undefined ? undefined : rows.entry(row, path)
    },
    children: (path) => {
      const row = rows.find(path)
      const result: IndexEntry[] = []
      if (row === undefined) return result
      const [first, end] = rows.children(row)
      for (let child = first; child < end; child++)
        result.push(rows.entry(child, joinInRoot(path, rows.name(child))))
      return result
    },
    entries: () => walkRows(rows, root),
  }
}

interface Rows {
  readonly count: number
  readonly hasRoot: boolean
  name(row: number): string
  entry(row: number, path: string): IndexEntry
  children(row: number): readonly [first: number, end: number]
  /** One binary search per component. */
  find(path: string): number | undefined
}

const openRows = ({ count, rowCount, hasRoot, rows, names, extras }: Sections): Rows => {
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
  const child = (parent: number, wanted: string): number | undefined => {
    let [low, high] = children(parent)
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = byCodeUnit(name(middle), wanted)
      if (order === 0) return middle
      if (order < 0) low = middle + 1
      else high = middle
    }
    return undefined
  }
  const find = (path: string): number | undefined => {
    let row: number | undefined = 0
    if (path === '') return row
    for (const component of path.split('/')) {
      row = child(row, component)
      if (row === undefined) return undefined
    }
    return row
  }
  const entry = (row: number, path: string): IndexEntry => readRow(rows, row * rowSize, extras, path)
  return { count, hasRoot, name, entry, children, find }
}

function* walkRows(rows: Rows, root: IndexEntry | undefined): Generator<IndexEntry> {
  if (root) yield root
  const [first, end] = rows.children(0)
  const open = [{ path: '', next: first, end }]
  // Rows that several parents share would be walked again and again.
  let left = rows.count - (root ? 1 : 0)
  for (let top = open.at(-1); top; top = open.at(-1)) {
    if (top.next === top.end) {
      open.pop()
      continue
    }
    if (left-- === 0) throw damaged('rows have several parents')
    const row = top.next++
    const path = joinInRoot(top.path, rows.name(row))
    yield rows.entry(row, path)
    const [next, last] = rows.children(row)
    if (next < last) open.push({ path, next, end: last })
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

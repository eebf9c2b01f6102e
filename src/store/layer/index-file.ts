import { readFileSync } from 'node:fs'
import {
  baseOf,
  byCodeUnit,
  decodePath,
  encodePath,
  joinInRoot,
  parentOf,
} from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { createIndexList } from './index-list.ts'
import { encodeExtras, readRow, rowSize, writeRow } from './index-record.ts'
import { LayerError } from './layer-error.ts'
import type { IndexEntry, LayerIndex } from './types.ts'

/**
 * Index file: magic, u32 entries, u32 rows, u32 bytes of names, u32 bytes of extras, u32 1 when row 0 is a real entry;
 * then rows, names, extras. Row 0 is the root. The children of a directory are consecutive rows in code unit order,
 * so that a lookup is one binary search per component and nothing has to be parsed when a file is opened.
 */
const magic = 'TSBIDX01'
const headerSize = 32

/** Entries in tree order -> bytes of an index file. Missing parents are added as implied. */
export const encodeIndex = (entries: Iterable<IndexEntry>): Buffer => {
  const list = createIndexList()
  for (const entry of entries) list.add(entry)
  const root = list.entries[0]?.path === '' ? list.entries[0] : undefined
  const childrenOf = groupByParent(list.entries)
  const order: (IndexEntry | undefined)[] = [root]
  const rows = Buffer.alloc((list.entries.length + (root ? 0 : 1)) * rowSize)
  const names: Buffer[] = []
  const extras: Buffer[] = []
  let nameOffset = 0
  let extrasOffset = 0
  for (let row = 0; row < order.length; row++) {
    const entry = order[row]
    const path = entry?.path ?? ''
    const children = childrenOf.get(path) ?? []
    const name = encodePath(baseOf(path))
    const extra = encodeExtras(entry)
    const place = {
      row,
      nameOffset,
      nameLength: name.length,
      extrasOffset,
      firstChild: order.length,
      childCount: children.length,
    }
    writeRow(rows, place, entry, extra.length)
    names.push(name)
    extras.push(extra)
    nameOffset += name.length
    extrasOffset += extra.length
    for (const child of children) order.push(child)
  }
  const header = Buffer.alloc(headerSize)
  header.write(magic, 'latin1')
  const numbers = [list.entries.length, order.length, nameOffset, extrasOffset, root ? 1 : 0]
  numbers.forEach((value, i) => {
    header.writeUInt32LE(value, magic.length + 4 * i)
  })
  return Buffer.concat([header, rows, ...names, ...extras])
}

const groupByParent = (entries: readonly IndexEntry[]): ReadonlyMap<string, IndexEntry[]> => {
  const groups = new Map<string, IndexEntry[]>()
  for (const entry of entries) {
    if (entry.path === '') continue
    const parent = parentOf(entry.path)
    const group = groups.get(parent)
    if (group) group.push(entry)
    else groups.set(parent, [entry])
  }
  return groups
}

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
  for (let top = open.at(-1); top; top = open.at(-1)) {
    if (top.next === top.end) {
      open.pop()
      continue
    }
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
  return {
    count: number(0),
    rowCount,
    hasRoot: number(4) === 1,
    rows: bytes.subarray(headerSize, namesAt),
    names: bytes.subarray(namesAt, extrasAt),
    extras: bytes.subarray(extrasAt),
  }
}

const damaged = (why: string): LayerError =>
  new LayerError('bad-index', `open layer index: ${why}`, {
    hint: 'the index will be made again from the layer',
  })

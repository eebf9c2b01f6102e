import { baseOf } from '../../foundation/filetree/index.ts'
import { createByteWriter } from './byte-writer.ts'
import { headerSize, magic } from './index-format.ts'
import { createIndexList, isChildOf } from './index-list.ts'
import { rowSize, writeExtras, writeRow } from './index-record.ts'
import type { IndexEntry } from './types.ts'

/** Entries in tree order -> bytes of an index file (see index-format). Missing parents are added as implied. */
export const encodeIndex = (entries: Iterable<IndexEntry>): Buffer => Buffer.concat(encodeSections(entries))

/** The same in pieces: of many files they are large, and a file can be written without putting them together. */
export const encodeSections = (entries: Iterable<IndexEntry>): readonly Buffer[] => {
  const list = createIndexList()
  for (const entry of entries) list.add(entry)
  const root = list.entries[0]?.path === '' ? list.entries[0] : undefined
  const childrenOf = groupByParent(list.entries)
  const order: (IndexEntry | undefined)[] = [root]
  const rows = Buffer.alloc((list.entries.length + (root ? 0 : 1)) * rowSize)
  const view = new DataView(rows.buffer, rows.byteOffset, rows.length)
  const names = createByteWriter()
  const extras = createByteWriter()
  const place = {
    row: 0,
    nameOffset: 0,
    nameLength: 0,
    extrasOffset: 0,
    extrasLength: 0,
    firstChild: 0,
    childCount: 0,
  }
  for (let row = 0; row < order.length; row++) {
    const entry = order[row]
    const children = childrenOf(entry)
    place.row = row
    place.nameOffset = names.length()
    names.text(baseOf(entry?.path ?? ''))
    place.nameLength = names.length() - place.nameOffset
    place.extrasOffset = extras.length()
    writeExtras(extras, entry)
    place.extrasLength = extras.length() - place.extrasOffset
    place.firstChild = order.length
    place.childCount = children?.length ?? 0
    writeRow(view, place, entry)
    for (const child of children ?? []) order.push(child)
  }
  const header = Buffer.alloc(headerSize)
  header.write(magic, 'latin1')
  const numbers = [list.entries.length, order.length, names.length(), extras.length(), root ? 1 : 0]
  numbers.forEach((value, i) => {
    header.writeUInt32LE(value, magic.length + 4 * i)
  })
  return [header, rows, names.bytes(), extras.bytes()]
}

/** Children by parent; undefined stands for the root. Entries come in tree order, so the open directories are a stack. */
const groupByParent = (
  entries: readonly IndexEntry[],
): ((parent: IndexEntry | undefined) => readonly IndexEntry[] | undefined) => {
  const top: IndexEntry[] = []
  const groups = new Map<IndexEntry, IndexEntry[]>()
  const open: { readonly path: string; readonly group: IndexEntry[] }[] = []
  for (const entry of entries) {
    if (entry.path === '') continue
    while (open.length > 0 && !isChildOf(entry.path, open.at(-1)?.path ?? '')) open.pop()
    const group = open.at(-1)?.group ?? top
    group.push(entry)
    if (entry.kind !== 'add' || entry.type !== 'directory') continue
    const own: IndexEntry[] = []
    groups.set(entry, own)
    open.push({ path: entry.path, group: own })
  }
  return (parent) => (parent === undefined || parent.path === '' ? top : groups.get(parent))
}

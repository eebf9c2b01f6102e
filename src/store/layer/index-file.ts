import { readFileSync } from 'node:fs'
import { joinInRoot } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { encodeIndex } from './index-encode.ts'
import { type IndexRows, openRows } from './index-rows.ts'
import { badIndex as damaged } from './layer-error.ts'
import type { EncodedIndex, IndexEntry, LayerIndex } from './types.ts'

/** Replaces the index file at `path` in one step. Links are marked (`EncodedIndex`). */
export const writeIndex = (path: HostPath, index: Iterable<IndexEntry> | EncodedIndex): void => {
  atomicWrite(path, 'bytes' in index ? index.pieces() : encodeIndex(index, { marksLinks: true }))
}

/** Opens an index file. Throws `bad-index` when it is damaged, the file system's error when it is not there. */
export const openIndex = (path: HostPath): LayerIndex => decodeIndex(readFileSync(path))

/** The bytes of an index file as an index. Nothing is parsed before it is asked for. */
export const decodeIndex = (bytes: Buffer): LayerIndex => {
  const rows = openRows(bytes)
  const root = rows.hasRoot ? rows.entry(0, '') : undefined
  return {
    rows,
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
    entries: () => walkRows(rows, { path: '', row: 0 }, root),
    below: (path) => {
      const row = rows.find(path)
      return row === undefined ? [] : walkRows(rows, { path, row })
    },
  }
}

interface WalkStart {
  readonly path: string
  readonly row: number
}

function* walkRows(
  rows: IndexRows,
  { path: top, row: topRow }: WalkStart,
  root?: IndexEntry,
): Generator<IndexEntry> {
  if (root) yield root
  const [first, end] = rows.children(topRow)
  const open = [{ path: top, next: first, end }]
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

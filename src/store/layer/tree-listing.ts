import type { HostPath } from '../../foundation/oci/index.ts'
import { wholeIndex } from './encoded-index.ts'
import { decodeIndex } from './index-file.ts'
import { rowSize } from './index-record.ts'
import { type IndexRows, openRows } from './index-rows.ts'
import { type TreeOptions, treeEntries } from './tree-entries.ts'
import type { EncodedIndex, IndexEntry, LayerEntry } from './types.ts'

/** What the tree of a layer consists of. */
export interface TreeListing {
  /** For the layer's index file. */
  readonly index: readonly IndexEntry[] | EncodedIndex
  readonly hasRoot: boolean
  /** The helper may know the DiffId without being told more (`digestTree`). */
  readonly isPlain: boolean
  /** The helper has made `index`. */
  readonly isListed: boolean
  readonly size: TreeSize
  /** Made when it is asked for. */
  entries(): readonly LayerEntry[]
}

export interface TreeSize {
  readonly entries: number
  readonly files: number
  readonly bytes: number
}

/** Looks at the tree, unless the helper has. Throws as `treeEntries`. */
export const listTree = (
  directory: HostPath,
  { root = false, scan, index }: TreeOptions & { readonly index?: Buffer | undefined },
): TreeListing =>
  index !== undefined && !root ? listedBefore(index) : listingOf(treeEntries(directory, { root, scan }))

export const listingOf = (entries: readonly LayerEntry[]): TreeListing => ({
  index: entries,
  hasRoot: entries[0]?.path === '',
  isPlain: entries.every(isPlain),
  isListed: false,
  size: sizeOf(entries),
  entries: () => entries,
})

const listedBefore = (bytes: Buffer): TreeListing => {
  const rows = openRows(bytes)
  let size: TreeSize | undefined
  return {
    index: wholeIndex(bytes, { root: undefined, implied: false }),
    hasRoot: false,
    isPlain: true,
    isListed: true,
    // Nobody asks for it before the next step has started.
    get size() {
      size ??= sizeOfRows(rows)
      return size
    },
    entries: () => [...decodeIndex(bytes).entries()],
  }
}

const sizeOfRows = ({ count, rowCount, type, numbers }: IndexRows): TreeSize => {
  let files = 0
  let total = 0
  for (let row = 1; row < rowCount; row++) {
    if (type(row) !== 'file') continue
    files += 1
    total += numbers.getFloat64(row * rowSize + sizeAt, true)
  }
  return { entries: count, files, bytes: total }
}

/** In a row (index-record). */
const sizeAt = 32

export const sizeOf = (entries: readonly LayerEntry[]): TreeSize => {
  let files = 0
  let bytes = 0
  for (const entry of entries) {
    if (entry.kind !== 'add' || entry.type !== 'file') continue
    files += 1
    bytes += entry.size
  }
  return { entries: entries.length, files, bytes }
}

/** Would the helper refuse the entry? Not all that it refuses is seen here. */
const isPlain = (entry: LayerEntry): boolean =>
  entry.kind === 'whiteout' || (entry.inode === undefined && entry.xattrs === undefined)

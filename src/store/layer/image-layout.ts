import { encodePath } from '../../foundation/filetree/index.ts'
import { directorySize, inByteOrder } from './image-directory.ts'
import { blockSize, inodeSize, inodesAt } from './image-format.ts'
import { checkRows, hasWholeNumbers } from './image-rows.ts'
import { encodeImageXattrs } from './image-xattrs.ts'
import { rowSize } from './index-record.ts'
import type { IndexRows } from './index-rows.ts'

/** Where the parts of an image lie, in bytes; by row of the index. */
export interface ImageLayout {
  /** Hard links share the inode of their first name. */
  readonly inodeAt: Float64Array
  readonly links: Uint32Array
  readonly parent: Uint32Array
  readonly xattrs: ReadonlyMap<number, Buffer>
  readonly directories: ReadonlyMap<number, { readonly order: readonly number[] } & ImagePlace>
  readonly symlinks: ReadonlyMap<number, { readonly target: Buffer } & ImagePlace>
  readonly inodes: number
  /** Whole blocks. */
  readonly bytes: number
}

export interface ImagePlace {
  readonly at: number
  readonly size: number
}

/** Inode number 0 would be taken for an empty place. */
export const rootInodeAt = inodesAt + inodeSize

/** Undefined for a layer that has something which an image cannot have. Throws `bad-index`. */
export const layOutImage = (rows: IndexRows): ImageLayout | undefined => {
  checkRows(rows)
  const placed = placeInodes(rows)
  if (placed === undefined) return undefined
  const { inodeAt, xattrs, inodes } = placed
  const links = new Uint32Array(rows.rowCount).fill(1)
  const parent = new Uint32Array(rows.rowCount)
  const directories = new Map<number, { readonly order: readonly number[] } & ImagePlace>()
  const symlinks = new Map<number, { readonly target: Buffer } & ImagePlace>()
  let end = alignTo(placed.end, blockSize)
  const place = (size: number): ImagePlace => {
    const at = end
    end = alignTo(end + size, blockSize)
    return { at, size }
  }
  for (let row = 0; row < rows.rowCount; row++) {
    const type = typeAt(rows, row)
    if (type === 'directory') {
      const order = inByteOrder(rows, row)
      directories.set(row, { order, ...place(directorySize(rows, order)) })
      // Its name, its own `.`, and the `..` of each directory in it.
      links[row] = 2 + adopt(rows, row, parent)
    } else if (rows.has(row, 'hardlink')) {
      if (!shareInode(rows, row, { inodeAt, links })) return undefined
    } else if (type === 'symlink') {
      const entry = rows.entry(row, '')
      const target = encodePath((entry.kind === 'add' && entry.linkName) || '')
      symlinks.set(row, { target, ...place(target.length) })
    }
  }
  return { inodeAt, links, parent, xattrs, directories, symlinks, inodes, bytes: end }
}

/** The root is a directory, also when the layer says nothing of it. */
export const typeAt = (rows: IndexRows, row: number): ReturnType<IndexRows['type']> =>
  row === 0 ? 'directory' : rows.type(row)

const placeInodes = (
  rows: IndexRows,
): (Pick<ImageLayout, 'inodeAt' | 'xattrs' | 'inodes'> & { readonly end: number }) | undefined => {
  const inodeAt = new Float64Array(rows.rowCount)
  const xattrs = new Map<number, Buffer>()
  let inodes = 0
  let end = rootInodeAt
  for (let row = 0; row < rows.rowCount; row++) {
    if (rows.has(row, 'hardlink')) continue
    const own = xattrsOf(rows, row)
    if (own === undefined || !hasWholeNumbers(rows, row) || !isInTar(rows, row)) return undefined
    if (own.length > 0) xattrs.set(row, own)
    inodeAt[row] = end
    end = alignTo(end + inodeSize + own.length, inodeSize)
    inodes += 1
  }
  return { inodeAt, xattrs, inodes, end }
}

const adopt = (rows: IndexRows, row: number, parent: Uint32Array): number => {
  const [first, end] = rows.children(row)
  let directories = 0
  for (let child = first; child < end; child++) {
    parent[child] = row
    if (rows.type(child) === 'directory') directories += 1
  }
  return directories
}

/** False when the first name is not there. */
const shareInode = (
  rows: IndexRows,
  row: number,
  { inodeAt, links }: Pick<ImageLayout, 'inodeAt' | 'links'>,
): boolean => {
  const entry = rows.entry(row, '')
  const target = entry.kind === 'add' && entry.hardlink !== undefined ? rows.find(entry.hardlink) : undefined
  if (target === undefined || rows.has(target, 'hardlink')) return false
  inodeAt[row] = inodeAt[target] ?? 0
  links[target] = (links[target] ?? 0) + 1
  return true
}

/** Overlay's own among them; see `unpackBatch`. */
const xattrsOf = (rows: IndexRows, row: number): Buffer | undefined => {
  const removing = row !== 0 && rows.type(row) === 'directory' && holdsWhiteout(rows, row)
  const opaque = row !== 0 && rows.has(row, 'opaque')
  if (!removing && !opaque && !rows.has(row, 'xattrs')) return none
  const entry = rows.entry(row, '')
  if (entry.kind !== 'add') return none
  return encodeImageXattrs({ type: typeAt(rows, row), own: entry.xattrs, removing, opaque })
}

const none = Buffer.alloc(0)

const holdsWhiteout = (rows: IndexRows, row: number): boolean => {
  const [first, end] = rows.children(row)
  for (let child = first; child < end; child++) if (rows.type(child) === 'whiteout') return true
  return false
}

/** Files have their bytes in the tar, at the beginning of a block. */
const isInTar = (rows: IndexRows, row: number): boolean => {
  if (rows.type(row) !== 'file' || rows.numbers.getFloat64(row * rowSize + 32, true) === 0) return true
  return rows.has(row, 'offset') && rows.numbers.getFloat64(row * rowSize + 40, true) % blockSize === 0
}

const alignTo = (at: number, unit: number): number => Math.ceil(at / unit) * unit

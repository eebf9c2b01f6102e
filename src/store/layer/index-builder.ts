import { joinInRoot } from '../../foundation/filetree/index.ts'
import { type ByteWriter, createByteWriter } from './byte-writer.ts'
import { copySpans } from './copy-spans.ts'
import { arrangeRows } from './index-arrange.ts'
import { headerSize, magic } from './index-format.ts'
import { createOpenDirectories } from './index-parents.ts'
import { flag, rowSize, writeExtras, writeRow } from './index-record.ts'
import { type IndexRows, openRows } from './index-rows.ts'
import { badIndex } from './layer-error.ts'
import type { EncodedIndex, IndexAddition, IndexEntry } from './types.ts'

/** An index file in the making: entries come in tree order and are kept as rows, not as objects. */
export interface IndexBuilder {
  /**
   * Missing parents are added as implied. The result names the entry for `digest`, for which there has to be room. Throws `InternalError`
   * for an entry out of order or under something that is no directory.
   */
  add(entry: IndexEntry, roomForDigest?: boolean): number
  /** What another index has below the directory that was added last, under the same path; the bytes stand `shift` bytes further on. */
  addBelow(source: IndexRows, path: string, shift: number): void
  /** The content digest (hex) of an entry; also after `encode`. */
  digest(entry: number, digest: string): void
  /** The file, once all entries have been added. */
  encode(): EncodedIndex
}

export interface IndexBuilderOptions {
  /**
   * `inode` of a file with several names is its first path, of others it goes. So one entry tells whether there are more names. Without this
   * it stays as it is given.
   */
  readonly marksLinks?: boolean
}

/** While rows are added, what will be the first child is the parent. */
const parentAt = 56
const childrenAt = 60
/** Others of the places in a row that index-record tells. */
const flagsAt = 7
const offsetAt = 40
const extrasAtRow = 48

type RowRange = readonly [first: number, end: number]

export const createIndexBuilder = ({ marksLinks = false }: IndexBuilderOptions = {}): IndexBuilder => {
  const names = createByteWriter()
  const extras = createByteWriter()
  const targets = new Set<string>()
  let rows = Buffer.alloc(1024 * rowSize)
  let view = viewOf(rows)
  let count = 1
  let encoded: { readonly bytes: Buffer; readonly extrasAt: number } | undefined
  let root: IndexAddition | undefined
  let implied = false
  const place = {
    row: 0,
    nameOffset: 0,
    nameLength: 0,
    extrasOffset: 0,
    extrasLength: 0,
    firstChild: 0,
    childCount: 0,
  }

  const newRows = (parent: number, more: number): number => {
    if ((count + more) * rowSize > rows.length) {
      const larger = Buffer.alloc(Math.max(2 * rows.length, (count + more) * rowSize))
      rows.copy(larger, 0, 0, count * rowSize)
      rows = larger
      view = viewOf(rows)
    }
    const children = parent * rowSize + childrenAt
    view.setUint32(children, view.getUint32(children, true) + more, true)
    count += more
    return count - more
  }
  /** Puts an entry into a row that was made for it. */
  const fill = (row: number, parent: number, entry: IndexEntry, roomForDigest: boolean): void => {
    place.row = row
    place.nameOffset = names.length()
    names.text(entry.path, entry.path.lastIndexOf('/') + 1)
    place.nameLength = names.length() - place.nameOffset
    place.extrasOffset = extras.length()
    if (roomForDigest) extras.zeros(digestSize)
    writeExtras(extras, entry)
    place.extrasLength = extras.length() - place.extrasOffset
    place.firstChild = parent
    place.childCount = view.getUint32(row * rowSize + childrenAt, true)
    writeRow(view, place, entry)
    if (roomForDigest) setFlag(row, flag.digest)
  }
  const setFlag = (row: number, bit: number): void => {
    const at = row * rowSize + 7
    view.setUint8(at, view.getUint8(at) | bit)
  }
  const directories = createOpenDirectories((directory, parent) => {
    implied = true
    const row = newRows(parent, 1)
    fill(row, parent, directory, false)
    return row
  })

  /** The same, its names to be found with the index alone. */
  const marked = (entry: IndexEntry): IndexEntry => {
    if (!marksLinks || entry.kind === 'whiteout') return entry
    if (entry.hardlink !== undefined) targets.add(entry.hardlink)
    if (entry.inode === entry.hardlink) return entry
    const { inode: _, ...plain } = entry
    return entry.hardlink === undefined ? plain : { ...plain, inode: entry.hardlink }
  }
  /** Copies consecutive rows, which are the children of one directory, and gives the number of the first. */
  const copyRows = (source: IndexRows, [first, end]: RowRange, parent: number, shift: number): number => {
    const start = newRows(parent, end - first)
    source.copyRows(first, end, rows, start * rowSize)
    const named = copySpans(source.names, names)
    const extended = copySpans(source.extras, extras)
    for (let row = start; row < count; row++) {
      const at = row * rowSize
      view.setUint32(at, named.add(view.getUint32(at, true), view.getUint16(at + 4, true)), true)
      const length = view.getUint32(at + extrasAtRow + 4, true)
      const extra = extended.add(view.getUint32(at + extrasAtRow, true), length)
      view.setUint32(at + extrasAtRow, extra, true)
      const flags = view.getUint8(at + flagsAt)
      if (flags & flag.offset)
        view.setFloat64(at + offsetAt, view.getFloat64(at + offsetAt, true) + shift, true)
      if (flags & flag.implied) implied = true
      if (marksLinks && flags & flag.hardlink) marked(source.entry(first + row - start, ''))
      view.setUint32(at + parentAt, parent, true)
      view.setUint32(at + childrenAt, 0, true)
    }
    named.end()
    extended.end()
    return start
  }
  const mark = (bytes: Buffer, order: Uint32Array, extrasAt: number): Buffer => {
    const found = openRows(bytes)
    const added: ByteWriter = createByteWriter()
    for (const path of targets) {
      const row = found.find(path)
      const entry = row === undefined ? undefined : found.entry(row, path)
      if (row === undefined || entry?.kind !== 'add' || entry.inode !== undefined) continue
      const start = added.length()
      writeExtras(added, { ...entry, inode: path })
      const at = headerSize + row * rowSize
      // What stood there is nobody's now, and not always the same: its digest may be known by now or not.
      const old = extrasAt + bytes.readUInt32LE(at + 48)
      bytes.fill(0, old, old + bytes.readUInt32LE(at + 52))
      const offset = bytes.length - extrasAt + start
      bytes.writeUInt32LE(offset, at + 48)
      bytes.writeUInt32LE(added.length() - start, at + 52)
      bytes[at + 7] = (bytes[at + 7] ?? 0) | flag.inode
      view.setUint32((order[row] ?? 0) * rowSize + 48, offset, true)
    }
    const all = Buffer.concat([bytes, added.bytes()])
    all.writeUInt32LE(all.length - extrasAt, extrasLengthAt)
    return all
  }

  return {
    add(entry, roomForDigest = false) {
      const parent = directories.enter(entry.path)
      const its = marked(entry)
      const row = entry.path === '' ? 0 : newRows(parent, 1)
      fill(row, parent, its, roomForDigest)
      if (row === 0 && its.kind === 'add') root = its
      if (its.kind === 'add' && its.implied) implied = true
      directories.entered(its, row)
      return row
    },
    addBelow(source, path, shift) {
      const top = source.find(path)
      if (top === undefined) return
      const [child, none] = source.children(top)
      if (child === none) return
      const open = [{ from: top, to: directories.enter(joinInRoot(path, source.name(child))) }]
      let left = source.rowCount
      for (let next = open.pop(); next; next = open.pop()) {
        const [first, end] = source.children(next.from)
        left -= end - first
        if (left < 0) throw badIndex('rows have several parents')
        const start = copyRows(source, [first, end], next.to, shift)
        for (let row = first; row < end; row++)
          if (source.type(row) === 'directory') open.push({ from: row, to: start + row - first })
      }
      directories.skipped(lastBelow(source, top, path))
    },
    digest(row, digest) {
      const offset = view.getUint32(row * rowSize + 48, true)
      if (encoded) encoded.bytes.write(digest, encoded.extrasAt + offset, 'hex')
      else extras.patchHex(offset, digest)
    },
    encode() {
      const size = headerSize + count * rowSize
      const extrasAt = size + names.length()
      const plain = Buffer.allocUnsafeSlow(extrasAt + extras.length())
      plain.fill(0, 0, headerSize)
      plain.write(magic, 'latin1')
      const hasRoot = root !== undefined
      const numbers = [hasRoot ? count : count - 1, count, names.length(), extras.length(), hasRoot ? 1 : 0]
      numbers.forEach((value, i) => {
        plain.writeUInt32LE(value, magic.length + 4 * i)
      })
      const order = arrangeRows(rows, count, plain.subarray(headerSize, size))
      names.bytes().copy(plain, size)
      extras.bytes().copy(plain, extrasAt)
      const bytes = targets.size === 0 ? plain : mark(plain, order, extrasAt)
      encoded = { bytes, extrasAt }
      return { bytes, root, implied }
    },
  }
}

const lastBelow = (source: IndexRows, top: number, path: string): string => {
  let last = path
  for (let row = top; ; ) {
    const [first, end] = source.children(row)
    if (first === end) return last
    row = end - 1
    last = joinInRoot(last, source.name(row))
  }
}

const digestSize = 32
const extrasLengthAt = magic.length + 12

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

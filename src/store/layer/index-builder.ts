import { joinInRoot } from '../../foundation/filetree/index.ts'
import type { Spool } from '../../foundation/sys/index.ts'
import { createByteWriter } from './byte-writer.ts'
import { encodedIndex, joined, wholeIndex } from './encoded-index.ts'
import { type Arrangement, arrangedRows, arrangeRows } from './index-arrange.ts'
import { headerSize, magic } from './index-format.ts'
import { createOpenDirectories } from './index-parents.ts'
import { flag, rowSize, writeExtras, writeRow } from './index-record.ts'
import type { IndexRows } from './index-rows.ts'
import { badIndex } from './layer-error.ts'
import { type LinkedIndex, markLinks } from './mark-links.ts'
import { createRowCopy } from './row-copy.ts'
import { createRowStore, type RowRoom } from './row-store.ts'
import type { EncodedIndex, IndexAddition, IndexEntry } from './types.ts'

/** An index file in the making: entries come in tree order and are kept as rows, not as objects. */
export interface IndexBuilder {
  /**
   * Missing parents are added as implied. The result names the place for `digest`, where there has to be room for one. Throws `InternalError`
   * for an entry out of order or under something that is no directory.
   */
  add(entry: IndexEntry, roomForDigest?: boolean): number
  /** What another index has below the directory that was added last, under the same path; the bytes stand `shift` bytes further on. */
  addBelow(source: IndexRows, path: string, shift: number): void
  /** The content digest (hex) of an entry; also after `encode`, as long as nobody has asked for bytes. */
  digest(place: number, digest: string): void
  /** The file, once all entries have been added. */
  encode(): EncodedIndex
  /** Bytes in memory. */
  held(): number
}

export interface IndexBuilderOptions {
  /**
   * `inode` of a file with several names is its first path, of others it goes. So one entry tells whether there are more names. Without this
   * it stays as it is given.
   */
  readonly marksLinks?: boolean
  /** Takes what an index of many entries consists of; needed until nobody asks for bytes any more. */
  readonly spool?: Spool | undefined
}

/** Place in a row that index-record tells. */
const flagsAt = 7

type RowRange = readonly [first: number, end: number]

export const createIndexBuilder = ({ marksLinks = false, spool }: IndexBuilderOptions = {}): IndexBuilder => {
  const names = createByteWriter({ spool })
  // Digests come late: those that are waited for should still be in memory.
  const extras = createByteWriter({ spool, most: 16 })
  const rows = createRowStore(spool)
  const targets = new Set<string>()
  let whole: LinkedIndex | undefined
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

  /** Puts an entry into a row that was made for it. */
  const fill = ({ view, first }: RowRoom, entry: IndexEntry, roomForDigest: boolean): void => {
    place.row = first
    place.nameOffset = names.length()
    names.text(entry.path, entry.path.lastIndexOf('/') + 1)
    place.nameLength = names.length() - place.nameOffset
    place.extrasOffset = extras.length()
    if (roomForDigest) extras.zeros(digestSize)
    writeExtras(extras, entry)
    place.extrasLength = extras.length() - place.extrasOffset
    writeRow(view, place, entry)
    const flags = first * rowSize + flagsAt
    if (roomForDigest) view.setUint8(flags, view.getUint8(flags) | flag.digest)
  }
  const directories = createOpenDirectories((directory, parent) => {
    implied = true
    const row = rows.count()
    fill(rows.make(parent, 1), directory, false)
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
  const markTargets = (source: IndexRows, first: number, count: number): void => {
    for (let row = first; row < first + count; row++)
      if (source.has(row, 'hardlink')) marked(source.entry(row, ''))
  }
  /** Copies consecutive rows, which are the children of one directory, and gives the number of the first. */
  const copyRows = (source: IndexRows, [first, end]: RowRange, parent: number, shift: number): number => {
    const start = rows.count()
    const copy = createRowCopy(source, names, extras)
    for (let next = first; next < end; ) {
      const room = rows.make(parent, end - next)
      const flags = copy.fill(room, next, shift)
      if (flags & flag.implied) implied = true
      if (marksLinks && flags & flag.hardlink) markTargets(source, next, room.count)
      next += room.count
    }
    copy.end()
    return start
  }
  function* pieces(arranged: Arrangement): Generator<Buffer> {
    yield headerOf([
      rows.count() - (root ? 0 : 1),
      rows.count(),
      names.length(),
      extras.length(),
      root ? 1 : 0,
    ])
    yield* arrangedRows(rows, arranged)
    yield* names.pieces()
    yield* extras.pieces()
  }

  return {
    add(entry, roomForDigest = false) {
      const parent = directories.enter(entry.path)
      const its = marked(entry)
      const row = entry.path === '' ? 0 : rows.count()
      const room = row === 0 ? rows.root() : rows.make(parent, 1)
      fill(room, its, roomForDigest)
      if (row === 0 && its.kind === 'add') root = its
      if (its.kind === 'add' && its.implied) implied = true
      directories.entered(its, row)
      return place.extrasOffset
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
    digest(at, digest) {
      if (whole) whole.digest(at, digest)
      else extras.patch(at, Buffer.from(digest, 'hex'))
    },
    encode() {
      const size = headerSize + rows.count() * rowSize + names.length() + extras.length()
      const arranged = arrangeRows(rows.takeParents(), rows.count())
      const made = (): Generator<Buffer> => pieces(arranged)
      if (targets.size === 0) return encodedIndex({ made, size, root, implied })
      whole = markLinks(joined(made(), size), targets)
      return wholeIndex(whole.bytes, { root, implied })
    },
    held: () => names.held() + extras.held() + rows.held(),
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

const headerOf = (numbers: readonly number[]): Buffer => {
  const header = Buffer.alloc(headerSize)
  header.write(magic, 'latin1')
  numbers.forEach((value, i) => {
    header.writeUInt32LE(value, magic.length + 4 * i)
  })
  return header
}

import { createByteWriter } from './byte-writer.ts'
import { joined } from './encoded-index.ts'
import { headerSize, magic } from './index-format.ts'
import { flag, rowSize, writeExtras } from './index-record.ts'
import { openRows } from './index-rows.ts'

/** An index whose files with several names tell their first one. */
export interface LinkedIndex {
  readonly bytes: Buffer
  /** `IndexBuilder.digest` */
  digest(place: number, digest: string): void
}

/** Row: its extras, their length, and flags. */
const extrasAtRow = 48
const extrasLengthAtRow = 52
const flagsAt = 7
/** Header: length of all extras. */
const extrasLengthAt = magic.length + 12

/** @param targets first paths of files that have others as well */
export const markLinks = (plain: Buffer, targets: Iterable<string>): LinkedIndex => {
  const found = openRows(plain)
  const extrasAt = plain.length - found.extras.length
  const added = createByteWriter()
  const moved = new Map<number, number>()
  for (const path of targets) {
    const row = found.find(path)
    const entry = row === undefined ? undefined : found.entry(row, path)
    if (row === undefined || entry?.kind !== 'add' || entry.inode !== undefined) continue
    const start = added.length()
    writeExtras(added, { ...entry, inode: path })
    const at = headerSize + row * rowSize
    // What stood there is nobody's now, and not always the same: its digest may be known by now or not.
    const old = plain.readUInt32LE(at + extrasAtRow)
    const length = plain.readUInt32LE(at + extrasLengthAtRow)
    plain.fill(0, extrasAt + old, extrasAt + old + length)
    const place = plain.length - extrasAt + start
    plain.writeUInt32LE(place, at + extrasAtRow)
    plain.writeUInt32LE(added.length() - start, at + extrasLengthAtRow)
    plain[at + flagsAt] = (plain[at + flagsAt] ?? 0) | flag.inode
    if (length > 0) moved.set(old, place)
  }
  const bytes = joined([plain, ...added.pieces()], plain.length + added.length())
  bytes.writeUInt32LE(bytes.length - extrasAt, extrasLengthAt)
  return {
    bytes,
    digest: (place, digest) => void bytes.write(digest, extrasAt + (moved.get(place) ?? place), 'hex'),
  }
}

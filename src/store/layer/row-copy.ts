import type { ByteWriter } from './byte-writer.ts'
import { flag, rowSize } from './index-record.ts'
import type { IndexRows } from './index-rows.ts'
import { badIndex } from './layer-error.ts'
import type { RowRoom } from './row-store.ts'

/** Copies rows of one index into another, with their names and extras. */
export interface RowCopy {
  /** Fills the room with the rows from `first` on, whose bytes stand `shift` bytes further on. The result has all their flags. */
  fill(room: RowRoom, first: number, shift: number): number
  /** All that was begun is there. Throws `bad-index`. */
  end(): void
}

/** Places in a row (see index-record), in words of four bytes, and in numbers of eight. */
const words = rowSize / 4
const lengthAndFlags = 1
const extrasOffset = 12
const extrasLength = 13
const doubles = rowSize / 8
const contentOffset = 5

/** Throws `bad-index` for rows that point outside, if not at once, then at the end. */
export const createRowCopy = (source: IndexRows, names: ByteWriter, extras: ByteWriter): RowCopy => {
  const named = openSpan(source.names, names)
  const extended = openSpan(source.extras, extras)
  return {
    // No call and no object for a row: this goes through every file of a layer. Numbers in memory are little endian, as in the file.
    fill({ bytes, words: word, doubles: double, first: to, count }, first, shift) {
      source.copyRows(first, first + count, bytes, to * rowSize)
      let all = 0
      for (let row = to; row < to + count; row++) {
        const at = row * words
        const bits = word[at + lengthAndFlags] ?? 0
        const name = word[at] ?? 0
        if (name !== named.end) next(named, name)
        named.end = name + (bits & 0xffff)
        word[at] = name + named.shift
        const extra = word[at + extrasOffset] ?? 0
        if (extra !== extended.end) next(extended, extra)
        extended.end = extra + (word[at + extrasLength] ?? 0)
        word[at + extrasOffset] = extra + extended.shift
        const flags = bits >>> 24
        const offset = row * doubles + contentOffset
        if (flags & flag.offset) double[offset] = (double[offset] ?? 0) + shift
        all |= flags
      }
      return all
    },
    end() {
      next(named, 0)
      next(extended, 0)
    },
  }
}

/** Bytes of the source that follow each other, as far as they are known: they are copied in one go. */
interface Span {
  readonly source: Buffer
  readonly target: ByteWriter
  start: number
  end: number
  /** By how much further on they will stand. */
  shift: number
}

const openSpan = (source: Buffer, target: ByteWriter): Span => ({
  source,
  target,
  start: 0,
  end: 0,
  shift: target.length(),
})

/** Copies the span that ends here, and begins another. */
const next = (span: Span, start: number): void => {
  const { source, target, end } = span
  if (end > source.length) throw badIndex('a row points outside')
  target.addRange(source, span.start, end)
  span.start = start
  span.end = start
  span.shift = target.length() - start
}

import type { ByteWriter } from './byte-writer.ts'
import { badIndex } from './layer-error.ts'

/** Copies parts of a buffer to the end of another: those that follow each other in both, in one go. */
export interface SpanCopy {
  /** Where the part will stand. Throws `bad-index` when the source has no such part. */
  add(start: number, length: number): number
  /** Everything that was added is there. */
  end(): void
}

export const copySpans = (source: Buffer, target: ByteWriter): SpanCopy => {
  let from = 0
  let to = 0
  const flush = (): void => target.addRange(source, from, to)
  return {
    add(start, length) {
      if (start + length > source.length) throw badIndex('a row points outside')
      if (start !== to) {
        flush()
        from = start
        to = start
      }
      to += length
      return target.length() + to - from - length
    },
    end: flush,
  }
}

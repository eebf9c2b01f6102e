import { encodePath } from '../../foundation/filetree/index.ts'
import type { Spool } from '../../foundation/sys/index.ts'
import { createBytePieces } from './byte-pieces.ts'

/** Bytes that grow, little endian. */
export interface ByteWriter {
  length(): number
  /** A path as its bytes (see `encodePath`), or what begins at character `from` of it. */
  text(path: string, from?: number): void
  /** The same behind its length as u16. */
  shortText(path: string): void
  hex(digits: string): void
  zeros(count: number): void
  u16(value: number): void
  u32(value: number): void
  add(bytes: Uint8Array): void
  /** Bytes of another buffer; those beyond its end are left out. */
  addRange(source: Buffer, start: number, end: number): void
  /** Puts other bytes in the place of those that one call has written at `at`. */
  patch(at: number, bytes: Uint8Array): void
  /** What was written, one part after another; each is valid until the next one is asked for. */
  pieces(): Generator<Buffer>
  /** Bytes in memory. */
  held(): number
}

export interface ByteWriterOptions {
  /** Takes what is more than `most` pieces. */
  readonly spool?: Spool | undefined
  readonly most?: number
}

/** Bytes of a piece, but for the first ones: most indexes are small. */
export const pieceSize = 64 << 10

/** Few buffers instead of one per text: an index has several for every file of a layer. Nothing is copied when they grow. */
export const createByteWriter = ({ spool, most = 8 }: ByteWriterOptions = {}): ByteWriter => {
  const finished = createBytePieces(most, spool)
  let buffer: Buffer = Buffer.allocUnsafeSlow(4096)
  /** Where it begins, and how much of it is used. */
  let start = 0
  let used = 0
  /** Has so much room in one piece. */
  const reserve = (size: number): void => {
    if (used + size <= buffer.length) return
    const next = Math.max(Math.min(2 * buffer.length, pieceSize), size)
    const free = used === 0 ? undefined : finished.add(buffer.subarray(0, used))
    buffer = free && free.buffer.byteLength >= next ? Buffer.from(free.buffer) : Buffer.allocUnsafeSlow(next)
    start += used
    used = 0
  }
  const add = (bytes: Uint8Array): void => {
    reserve(bytes.length)
    buffer.set(bytes, used)
    used += bytes.length
  }
  /** False, with nothing written, when a character is not ASCII. */
  const ascii = (text: string, from: number): boolean => {
    reserve(text.length - from)
    for (let i = from; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) return false
      buffer[used + i - from] = code
    }
    used += text.length - from
    return true
  }
  const text = (path: string, from = 0): void => {
    if (!ascii(path, from)) add(encodePath(path.slice(from)))
  }
  const u16 = (value: number): void => {
    reserve(2)
    used = buffer.writeUInt16LE(value, used)
  }
  return {
    length: () => start + used,
    text,
    shortText(path) {
      // Its length and all that it may take, so that they stand in one piece.
      reserve(2 + 3 * path.length)
      const at = used
      u16(0)
      text(path)
      buffer.writeUInt16LE(used - at - 2, at)
    },
    hex(digits) {
      reserve(digits.length >>> 1)
      used += buffer.write(digits, used, 'hex')
    },
    zeros(count) {
      reserve(count)
      buffer.fill(0, used, used + count)
      used += count
    },
    u16,
    u32(value) {
      reserve(4)
      used = buffer.writeUInt32LE(value, used)
    },
    add,
    addRange(source, first, end) {
      const stop = Math.min(end, source.length)
      for (let from = first; from < stop; ) {
        if (used === buffer.length) reserve(1)
        const copied = source.copy(buffer, used, from, stop)
        used += copied
        from += copied
      }
    },
    patch(at, bytes) {
      if (at >= start) buffer.set(bytes, at - start)
      else finished.patch(at, bytes)
    },
    *pieces() {
      yield* finished.all()
      yield buffer.subarray(0, used)
    },
    held: () => finished.held() + buffer.length,
  }
}

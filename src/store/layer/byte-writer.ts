import { encodePath } from '../../foundation/filetree/index.ts'

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
  /** Puts other digits in the place of those that were written at `at`. */
  patchHex(at: number, digits: string): void
  /** A view of what was written. */
  bytes(): Buffer
}

/** One buffer instead of one per piece: an index has several pieces for every file of a layer. */
export const createByteWriter = (): ByteWriter => {
  let buffer = Buffer.allocUnsafeSlow(4096)
  let used = 0
  const reserve = (size: number): void => {
    if (used + size <= buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * buffer.length, used + size))
    buffer.copy(larger, 0, 0, used)
    buffer = larger
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
    length: () => used,
    text,
    shortText(path) {
      const start = used
      u16(0)
      text(path)
      buffer.writeUInt16LE(used - start - 2, start)
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
    addRange(source, start, end) {
      reserve(end - start)
      used += source.copy(buffer, used, start, end)
    },
    patchHex: (at, digits) => void buffer.write(digits, at, 'hex'),
    bytes: () => buffer.subarray(0, used),
  }
}

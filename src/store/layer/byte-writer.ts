import { encodePath } from '../../foundation/filetree/index.ts'

/** Bytes that grow, little endian. */
export interface ByteWriter {
  length(): number
  /** A path as its bytes (see `encodePath`). */
  text(path: string): void
  /** The same behind its length as u16. */
  shortText(path: string): void
  hex(digits: string): void
  u16(value: number): void
  u32(value: number): void
  add(bytes: Uint8Array): void
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
  const ascii = (text: string): boolean => {
    reserve(text.length)
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) return false
      buffer[used + i] = code
    }
    used += text.length
    return true
  }
  const text = (path: string): void => {
    if (!ascii(path)) add(encodePath(path))
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
    u16,
    u32(value) {
      reserve(4)
      used = buffer.writeUInt32LE(value, used)
    },
    add,
    bytes: () => buffer.subarray(0, used),
  }
}

import { AppError, exitCode } from '../errors/index.ts'

export type OpArgument = string | number | Uint8Array

export interface OpWriter {
  /** Adds one operation. Text with a NUL inside throws `bad-request`: it would be cut in C. */
  add(name: string, ...args: readonly OpArgument[]): void
  finish(): Uint8Array
}

/** Bytes in front of the operations. */
export const requestHead = 8

/**
 * Writes the flat form that native/request.h describes:
 * "TSB1" u32 size { u32 argc { u32 length, bytes, NUL } } , little endian.
 */
export const createOpWriter = (): OpWriter => {
  let buffer = Buffer.allocUnsafe(4096)
  let length = requestHead
  const reserve = (size: number): void => {
    if (length + size <= buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, length + size))
    buffer.copy(larger, 0, 0, length)
    buffer = larger
  }
  const u32 = (value: number): void => {
    reserve(4)
    length = buffer.writeUInt32LE(value, length)
  }
  const put = (value: OpArgument): void => {
    const bytes = typeof value === 'object' ? value : Buffer.from(textOf(value))
    u32(bytes.length)
    reserve(bytes.length + 1)
    buffer.set(bytes, length)
    length += bytes.length
    buffer[length++] = 0
  }
  return {
    add: (name, ...args) => {
      u32(args.length + 1)
      put(name)
      for (const arg of args) put(arg)
    },
    finish: () => {
      buffer.write('TSB1', 0, 'latin1')
      buffer.writeUInt32LE(length - requestHead, 4)
      return buffer.subarray(0, length)
    },
  }
}

const textOf = (value: string | number): string => {
  const text = String(value)
  if (text.includes('\0')) {
    throw new AppError('bad-request', `encode ${JSON.stringify(text)}: a NUL byte inside`, {
      exitCode: exitCode.engine,
    })
  }
  return text
}

import { fstatSync, readSync } from 'node:fs'

/** Bytes that are looked at from the beginning to the end. */
export interface BlockSource {
  readonly length: number
  /** Part of them, valid until the next call. */
  read(at: number, length: number): Buffer
}

/** Bytes that are read at once. */
const windowSize = 256 << 10

export const bufferSource = (bytes: Buffer): BlockSource => ({
  length: bytes.length,
  read: (at, length) => bytes.subarray(at, at + length),
})

/** The bytes that a file has now. `read` throws the file system's error, and RangeError where the file has become shorter. */
export const fileSource = (fd: number): BlockSource => {
  const { size } = fstatSync(fd)
  let window = Buffer.alloc(0)
  let start = 0
  let end = 0
  return {
    length: size,
    read(at, length) {
      if (at < start || at + length > end) {
        if (window.length < length || window.length < Math.min(windowSize, size))
          window = Buffer.allocUnsafeSlow(Math.max(length, Math.min(windowSize, size)))
        start = at
        end = at
        while (end < at + length) {
          const got = readSync(fd, window, end - at, window.length - (end - at), end)
          if (got === 0) throw new RangeError(`read blocks: nothing at byte ${end}`)
          end += got
        }
      }
      return window.subarray(at - start, at - start + length)
    },
  }
}

import { createHash, hash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { fsPath } from '../../foundation/filetree/index.ts'
import { changedMeanwhile, unreadable } from './context-error.ts'

/** Files up to this size are read whole. Bytes. */
const smallFile = 1 << 20

/** A FIFO or a link put in a file's place must neither hang the build nor lead out of the context. */
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Shared by all reads: contexts have many small files, and allocating per file costs more than reading. */
const buffer = Buffer.allocUnsafeSlow(smallFile)

/** The first `size` bytes of a file of at most `smallFile` bytes, valid until the next call. `path` is for messages. */
const readSmallFile = (absolute: string, path: string, size: number): Uint8Array => {
  if (size === 0) return buffer.subarray(0, 0)
  return withFile(absolute, path, (fd) => {
    let got = 0
    while (got < size) {
      const read = readSync(fd, buffer, got, size - got, null)
      if (read === 0) throw changedMeanwhile(path, `expected ${size} bytes, found ${got}`)
      got += read
    }
    return buffer.subarray(0, size)
  })
}

export const sha256Hex = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex')

/** Lower-case hex sha256 of the first `size` bytes. */
export const hashFile = (absolute: string, path: string, size: number): string => {
  if (size <= smallFile) return sha256Hex(readSmallFile(absolute, path, size))
  return withFile(absolute, path, (fd) => {
    if (!fstatSync(fd).isFile()) throw changedMeanwhile(path, 'expected a regular file')
    const sum = createHash('sha256')
    for (let left = size; left > 0; ) {
      const read = readSync(fd, buffer, 0, Math.min(left, buffer.length), null)
      if (read === 0) throw changedMeanwhile(path, `expected ${size} bytes, found ${size - left}`)
      sum.update(buffer.subarray(0, read))
      left -= read
    }
    return sum.digest('hex')
  })
}

const withFile = <T>(absolute: string, path: string, use: (fd: number) => T): T => {
  let fd: number | undefined
  try {
    fd = openSync(fsPath(absolute), flags)
    return use(fd)
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw unreadable('read', path, error)
    throw error
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

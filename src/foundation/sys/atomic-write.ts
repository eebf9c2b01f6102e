import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { randomHex } from './random.ts'
import { removeFile } from './remove-file.ts'

export interface AtomicWriteOptions {
  readonly mode?: number
  /** Wait until the bytes are on the disk. Off by default: see ARCHITECTURE.md, "Durability". */
  readonly sync?: boolean
}

/** Waits until the entries of a directory, and that others are gone, are on the disk. */
export const syncDirectory = (path: string): void => {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Replaces `path` in one step: readers see the old bytes or the new ones, never a part. Pieces are written as they come. */
export const atomicWrite = (
  path: string,
  bytes: Uint8Array | string | Iterable<Uint8Array>,
  options: AtomicWriteOptions = {},
): void => {
  const temp = join(dirname(path), `.${randomHex(8)}.tmp`)
  const fd = openSync(temp, 'wx', options.mode ?? 0o600)
  try {
    for (const piece of piecesOf(bytes))
      for (let done = 0; done < piece.length; ) done += writeSync(fd, piece, done)
    if (options.sync) fsyncSync(fd)
    renameSync(temp, path)
  } catch (error) {
    removeFile(temp)
    throw error
  } finally {
    closeSync(fd)
  }
}

const piecesOf = (bytes: Uint8Array | string | Iterable<Uint8Array>): Iterable<Uint8Array> => {
  if (typeof bytes === 'string') return [Buffer.from(bytes)]
  return bytes instanceof Uint8Array ? [bytes] : bytes
}

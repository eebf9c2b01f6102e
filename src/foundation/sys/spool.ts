import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'

/** Bytes that need not be in memory, in a file without a name: nothing is left of it however this process ends. */
export interface Spool {
  /** Where they stand now; undefined when there is no room for them, or no such file: whoever asks keeps them. */
  append(bytes: Uint8Array): number | undefined
  /** Puts others in the place of some. Throws the file system's error. */
  write(bytes: Uint8Array, at: number): void
  /** Fills `into`. Throws the file system's error. */
  read(into: Uint8Array, at: number): void
  close(): void
}

/** open(2), O_TMPFILE: its own bit is the same on all machines that Node runs on, O_DIRECTORY, which is part of it, is not. */
const unnamed = 0o20000000 | constants.O_DIRECTORY

/** A file without a name on the file system of `directory`, for reading and writing. Undefined where there are none. */
export const openUnnamed = (directory: string): number | undefined => {
  try {
    return openSync(directory, unnamed | constants.O_RDWR, 0o600)
  } catch {
    return undefined
  }
}

/** Files of those that nobody has any more and nobody has closed. */
const forgotten = new FinalizationRegistry<number>((fd) => closeSync(fd))

/**
 * Closed when nobody has it any more, at the latest.
 *
 * @param directory where the file system is that it takes its room from; opened when there is something to keep
 */
export const createSpool = (directory: string): Spool => {
  let fd: number | undefined
  let works = true
  let end = 0
  const open = (): void => {
    fd = openUnnamed(directory)
    if (fd !== undefined) forgotten.register(spool, fd, spool)
  }
  const append = (bytes: Uint8Array): number | undefined => {
    if (!works) return undefined
    if (fd === undefined) open()
    try {
      works = fd !== undefined
      if (fd !== undefined) writeAll(fd, bytes, end)
    } catch {
      works = false
    }
    if (!works) return undefined
    end += bytes.length
    return end - bytes.length
  }
  const spool: Spool = {
    append,
    write(bytes, at) {
      if (fd !== undefined) writeAll(fd, bytes, at)
    },
    read(into, at) {
      for (let done = 0; done < into.length; ) {
        const got = fd === undefined ? 0 : readSync(fd, into, done, into.length - done, at + done)
        if (got === 0) throw new RangeError(`read spool: nothing at byte ${at + done}`)
        done += got
      }
    },
    close() {
      forgotten.unregister(spool)
      if (fd !== undefined) closeSync(fd)
      fd = undefined
      works = false
    },
  }
  return spool
}

const writeAll = (fd: number, bytes: Uint8Array, at: number): void => {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done)
}

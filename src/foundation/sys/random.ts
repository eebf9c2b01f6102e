import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'

/** Read at once, handed out in parts. */
const pool = Buffer.alloc(512)
let used = pool.length

/**
 * `bytes` random bytes (at most 64) from the kernel, as lower-case hex digits. Loading node:crypto takes longer than all else
 * that a small command does, so it is asked only where there is no /dev/urandom.
 */
export const randomHex = (bytes: number): string => {
  if (used + bytes > pool.length) refill()
  used += bytes
  return pool.toString('hex', used - bytes, used)
}

/** A random whole number of 0 .. `below` - 1, for `below` up to 2 ** 24. */
export const randomBelow = (below: number): number => Number.parseInt(randomHex(6), 16) % below

const refill = (): void => {
  try {
    const fd = openSync('/dev/urandom', 'r')
    try {
      for (let filled = 0; filled < pool.length; ) {
        const count = readSync(fd, pool, filled, pool.length - filled, null)
        if (count === 0) throw new Error('the end of /dev/urandom')
        filled += count
      }
    } finally {
      closeSync(fd)
    }
  } catch {
    pool.set(randomBytes(pool.length))
  }
  used = 0
}

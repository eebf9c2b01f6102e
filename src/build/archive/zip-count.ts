import { fstatSync, readSync } from 'node:fs'

/** Sizes without what may follow, and signatures (APPNOTE.TXT, 4.3.14 to 4.3.16). */
const end = { size: 22, signature: 0x06054b50, count: 10 } as const
const locator = { size: 20, signature: 0x07064b50, offset: 8 } as const
const largeEnd = { size: 56, signature: 0x06064b50, count: 32 } as const
const maxComment = 0xffff

/**
 * How many entries the end of a zip says that there are, without looking at them; undefined when it says nothing that can be
 * read. It may lie.
 */
export const countEntries = (fd: number): number | undefined => {
  const { size } = fstatSync(fd)
  const tail = readAt(fd, Math.max(0, size - end.size - maxComment), end.size + maxComment)
  for (let at = tail.length - end.size; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== end.signature) continue
    const count = tail.readUInt16LE(at + end.count)
    return count === 0xffff ? (largeCount(fd, tail, at - locator.size) ?? count) : count
  }
  return undefined
}

const largeCount = (fd: number, tail: Buffer, at: number): number | undefined => {
  if (at < 0 || tail.readUInt32LE(at) !== locator.signature) return undefined
  const offset = Number(tail.readBigUInt64LE(at + locator.offset))
  if (!Number.isSafeInteger(offset)) return undefined
  const record = readAt(fd, offset, largeEnd.size)
  if (record.length < largeEnd.size || record.readUInt32LE(0) !== largeEnd.signature) return undefined
  return Number(record.readBigUInt64LE(largeEnd.count))
}

const readAt = (fd: number, offset: number, length: number): Buffer => {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(fd, bytes, 0, length, offset))
}

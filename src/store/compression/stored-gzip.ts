import { crc32 } from 'node:zlib'
import type { Blocks, CompressedSink } from './types.ts'

/** Bytes in one stored block at most (RFC 1951, 3.2.4). */
const maxStored = 0xffff

/** gzip of level 0: one member (RFC 1952) of stored blocks. */
export const storeGzip = (blocks: Blocks, write: CompressedSink, signal?: AbortSignal): void => {
  let sum = 0
  let size = 0
  // No flags, no time, no name; operating system unknown.
  write(Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255))
  for (const block of blocks) {
    signal?.throwIfAborted()
    sum = crc32(block, sum)
    size += block.length
    for (let at = 0; at < block.length; at += maxStored) {
      const piece = block.subarray(at, at + maxStored)
      write(storedHeader(piece.length, false))
      write(piece)
    }
  }
  write(storedHeader(0, true))
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(sum, 0)
  trailer.writeUInt32LE(size % 2 ** 32, 4)
  write(trailer)
}

const storedHeader = (length: number, isLast: boolean): Buffer => {
  const header = Buffer.alloc(5)
  header[0] = isLast ? 1 : 0
  header.writeUInt16LE(length, 1)
  header.writeUInt16LE(length ^ 0xffff, 3)
  return header
}

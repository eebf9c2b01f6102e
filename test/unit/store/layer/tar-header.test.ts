import { describe, expect, it } from 'vitest'
import { blockSize, checksumOf, signedChecksumOf } from '../../../../src/store/layer/tar-header.ts'

/** As pax(1) says it: all bytes of the header, those of the checksum itself taken as spaces. */
const summed = (block: Buffer, number: (byte: number) => number): number =>
  block.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : number(byte)), 0)

const unsigned = (byte: number): number => byte
const signed = (byte: number): number => (byte > 127 ? byte - 256 : byte)

describe('the checksum of a header', () => {
  const blocks: readonly (readonly [string, Buffer])[] = [
    ['zeros', Buffer.alloc(blockSize)],
    ['the largest bytes', Buffer.alloc(blockSize, 0xff)],
    ['the largest positive bytes', Buffer.alloc(blockSize, 0x7f)],
    ['all values', Buffer.from(Array.from({ length: blockSize }, (_, i) => (i * 167 + (i >> 8)) & 0xff))],
  ]
  it.each(blocks)('of %s, wherever they stand', (_, block) => {
    for (const at of [0, 1, 2, 3, 513]) {
      const around = Buffer.alloc(at + blockSize + 7, 0xa5)
      block.copy(around, at)
      const view = around.subarray(0)
      expect(checksumOf(view, at)).toBe(summed(block, unsigned))
      expect(signedChecksumOf(view, at)).toBe(summed(block, signed))
    }
  })
})

import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { smallSha256 } from '../../../../src/foundation/oci/small-sha256.ts'

const expected = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe('smallSha256', () => {
  it('agrees with node:crypto for every length up to four blocks', () => {
    for (let length = 0; length <= 256; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 167 + length * 31) & 255)
      expect(smallSha256(bytes)).toBe(expected(bytes))
    }
  })
  it('takes a part of a larger buffer for what it is', () => {
    const buffer = Buffer.from('0123456789'.repeat(30))
    expect(smallSha256(buffer.subarray(7, 130))).toBe(expected(buffer.subarray(7, 130)))
  })
})

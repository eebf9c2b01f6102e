import { describe, expect, it } from 'vitest'
import { randomBelow, randomHex } from '../../../../src/foundation/sys/index.ts'

describe('randomHex', () => {
  it('gives as many digits as were asked for, different ones each time, also when its pool runs out', () => {
    const all = Array.from({ length: 200 }, () => randomHex(32))
    for (const one of all) expect(one).toMatch(/^[0-9a-f]{64}$/)
    expect(new Set(all).size).toBe(all.length)
  })
})

describe('randomBelow', () => {
  it('stays below its bound and reaches all of it', () => {
    const seen = new Set(Array.from({ length: 500 }, () => randomBelow(7)))
    expect([...seen].toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6])
  })
})

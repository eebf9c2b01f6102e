import shajs from 'sha.js'
import { describe, expect, it } from 'vitest'
import {
  chainIdOf,
  digestOf,
  isDigest,
  parseDiffId,
  parseDigest,
} from '../../../../src/foundation/oci/index.ts'

describe('digestOf', () => {
  it.each(['', 'abc', 'ä€😀', 'x'.repeat(100_000)])(
    'agrees with an implementation of somebody else: %.10s',
    (text) => {
      expect(digestOf(text)).toBe(`sha256:${shajs('sha256').update(text).digest('hex')}`)
    },
  )
})

describe('parseDigest', () => {
  const hex = 'a'.repeat(64)
  it('takes the strict grammar', () => expect(parseDigest(`sha256:${hex}`)).toBe(`sha256:${hex}`))
  it.each([
    '',
    hex,
    `sha256:${hex.toUpperCase()}`,
    `sha256:${hex}a`,
    `sha256:${hex.slice(1)}`,
    `sha512:${hex}`,
    `sha256:../../${hex.slice(6)}`,
    `sha256:${hex}\n`,
    ` sha256:${hex}`,
  ])('refuses %j', (text) => {
    expect(isDigest(text)).toBe(false)
    expect(() => parseDigest(text)).toThrow(/parse digest/)
  })
})

it('chainIdOf follows image-spec: the first is the DiffId, then digests of "CHAIN DIFF"', () => {
  const [a, b] = [parseDiffId(digestOf('a')), parseDiffId(digestOf('b'))]
  expect(chainIdOf([])).toBeUndefined()
  expect(chainIdOf([a])).toBe(a)
  expect(chainIdOf([a, b])).toBe(digestOf(`${a} ${b}`))
})

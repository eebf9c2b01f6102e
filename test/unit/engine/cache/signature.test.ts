import { expect, it } from 'vitest'
import { checkSignature, parseCacheKey, signDocument } from '../../../../src/engine/cache/signature.ts'

const bytes = Buffer.from('{"version":1}')
const key = parseCacheKey('0123456789abcdef\n', 'a file')
const other = parseCacheKey('0123456789abcdeg', 'a file')

it('accepts what is signed with the key, and everything without one', () => {
  const signature = signDocument(bytes, key)
  expect(() => checkSignature({ bytes, signature }, key, 'here')).not.toThrow()
  expect(() => checkSignature({ bytes, signature: undefined }, undefined, 'here')).not.toThrow()
})

it.each([
  ['nothing', undefined],
  ['another key', signDocument(bytes, other)],
  ['the key, of other records', signDocument(Buffer.from('{"version":2}'), key)],
  ['something short', 'hmac-sha256:'],
  ['a longer text', `${signDocument(bytes, key)}0`],
])('refuses records signed with %s', (_, signature) => {
  expect(() => checkSignature({ bytes, signature }, key, 'here')).toThrow(
    expect.objectContaining({ code: 'cache-unsigned' }),
  )
})

it('refuses a key that can be guessed, without repeating it', () => {
  expect(() => parseCacheKey('sesame', 'TSBUILD_CACHE_KEY')).toThrow(
    'read the cache key of TSBUILD_CACHE_KEY: expected at least 16 bytes, found 6',
  )
})

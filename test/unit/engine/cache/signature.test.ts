import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
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

describe('a pair of keys', () => {
  const pem = (key: KeyObject): string =>
    key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }).toString()
  const pair = generateKeyPairSync('ed25519')
  const writer = parseCacheKey(pem(pair.privateKey), 'a file')
  const reader = parseCacheKey(`\n${pem(pair.publicKey)}`, 'a file')

  it('lets the holder of the private half write, and both read', () => {
    const signature = signDocument(bytes, writer)
    expect(() => checkSignature({ bytes, signature }, writer, 'here')).not.toThrow()
    expect(() => checkSignature({ bytes, signature }, reader, 'here')).not.toThrow()
    expect(() => signDocument(bytes, reader)).toThrow('the key is a public one')
  })
  it.each([
    ['nothing', undefined],
    ['another pair', signDocument(bytes, parseCacheKey(pem(generateKeyPairSync('ed25519').privateKey), 'x'))],
    ['the pair, of other records', signDocument(Buffer.from('{"version":2}'), writer)],
    [
      'the public half as if it were shared',
      signDocument(bytes, { kind: 'shared', bytes: Buffer.from(pem(pair.publicKey)) }),
    ],
    ['nothing behind the prefix', 'ed25519:'],
    ['what is no base64', 'ed25519:%%%'],
  ])('refuses records signed with %s', (_, signature) => {
    expect(() => checkSignature({ bytes, signature }, reader, 'here')).toThrow(
      expect.objectContaining({ code: 'cache-unsigned' }),
    )
  })
  it('is refused when it is of another kind, or cannot be read', () => {
    const curve = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    expect(() => parseCacheKey(pem(curve.privateKey), 'x')).toThrow('expected an Ed25519 key, found ec')
    expect(() =>
      parseCacheKey('-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----', 'x'),
    ).toThrow(/^read the cache key of x: it is no private key in PEM, or it has a passphrase$/)
  })
})

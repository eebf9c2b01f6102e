import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { digestOf } from '../../foundation/oci/index.ts'
import { BuildCacheError } from './errors.ts'
import type { SignedDocument } from './types.ts'

/** What is known by whoever may write a cache that others take results from. */
export type CacheSecret =
  /** Who reads can write, too. */
  | { readonly kind: 'shared'; readonly bytes: Uint8Array }
  /** Ed25519. Without `sign` it only reads. */
  | { readonly kind: 'pair'; readonly verify: KeyObject; readonly sign?: KeyObject }

/** Bytes. A shorter key can be guessed. */
const leastKey = 16

/**
 * The key from its text: a private or public Ed25519 key in PEM, or a text that is shared; blanks around it do not count. Throws
 * `bad-cache-key`; the message never has the key.
 */
export const parseCacheKey = (text: string, from: string): CacheSecret => {
  if (text.trimStart().startsWith('-----BEGIN')) return parsePair(text, from)
  const bytes = Buffer.from(text.trim())
  if (bytes.length >= leastKey) return { kind: 'shared', bytes }
  throw new BuildCacheError(
    'bad-cache-key',
    `read the cache key of ${from}: expected at least ${leastKey} bytes, found ${bytes.length}`,
    { exitCode: 2, hint: 'make one with: openssl rand -hex 32' },
  )
}

const parsePair = (text: string, from: string): CacheSecret => {
  const refuse = (why: string, cause?: unknown): never => {
    throw new BuildCacheError('bad-cache-key', `read the cache key of ${from}: ${why}`, {
      exitCode: 2,
      hint: 'make one with: openssl genpkey -algorithm ed25519, and its public half with: openssl pkey -pubout',
      cause,
    })
  }
  const isPrivate = /^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text.trimStart())
  let pair: Extract<CacheSecret, { kind: 'pair' }>
  try {
    const key = isPrivate ? createPrivateKey(text) : createPublicKey(text)
    pair = {
      kind: 'pair',
      verify: isPrivate ? createPublicKey(text) : key,
      ...(isPrivate ? { sign: key } : {}),
    }
  } catch (error) {
    // What OpenSSL says of it may hold parts of it.
    return refuse(`it is no ${isPrivate ? 'private' : 'public'} key in PEM, or it has a passphrase`, error)
  }
  const type = pair.verify.asymmetricKeyType
  return type === 'ed25519' ? pair : refuse(`expected an Ed25519 key, found ${type ?? 'another'}`)
}

const prefixes = { shared: 'hmac-sha256:', pair: 'ed25519:' } as const

/** Names every layer by what it unpacks to, so nothing that a build takes is left unsigned. */
const signedBytes = (bytes: Buffer): Buffer => Buffer.from(`tsbuild.cache.v1\n${digestOf(bytes)}`)

/** Of the whole document. Throws `bad-cache-key` for a key that only reads. */
export const signDocument = (bytes: Buffer, key: CacheSecret): string => {
  if (key.kind === 'shared')
    return prefixes.shared + createHmac('sha256', key.bytes).update(signedBytes(bytes)).digest('hex')
  if (key.sign) return prefixes.pair + sign(null, signedBytes(bytes), key.sign).toString('base64')
  throw new BuildCacheError('bad-cache-key', 'sign the cache: the key is a public one', {
    hint: 'TSBUILD_CACHE_KEY_FILE must name the private key where caches are written',
  })
}

/** Throws `cache-unsigned` when there is a key, and the document is not signed with it. Without a key everything passes. */
export const checkSignature = (
  { bytes, signature }: SignedDocument,
  key: CacheSecret | undefined,
  shown: string,
): void => {
  if (!key) return
  const refusal = (how: string): BuildCacheError =>
    new BuildCacheError('cache-unsigned', `use the cache ${shown}: its records are ${how}`, {
      hint: 'TSBUILD_CACHE_KEY must be the same, or halves of one pair, for the builds that write it and those that read it',
    })
  if (signature === undefined) throw refusal('not signed')
  if (!isSigned(bytes, signature, key)) throw refusal('signed with another key')
}

const isSigned = (bytes: Buffer, signature: string, key: CacheSecret): boolean => {
  if (key.kind === 'shared') {
    const expected = Buffer.from(signDocument(bytes, key))
    const found = Buffer.from(signature)
    return found.length === expected.length && timingSafeEqual(found, expected)
  }
  if (!signature.startsWith(prefixes.pair)) return false
  const found = Buffer.from(signature.slice(prefixes.pair.length), 'base64')
  return verify(null, signedBytes(bytes), key.verify, found)
}

import { createHmac, timingSafeEqual } from 'node:crypto'
import { digestOf } from '../../foundation/oci/index.ts'
import { BuildCacheError } from './errors.ts'
import type { SignedDocument } from './types.ts'

/** What is known by whoever may write a cache that others take results from. */
export interface CacheSecret {
  readonly bytes: Uint8Array
}

/** Bytes. A shorter key can be guessed. */
const leastKey = 16

/** The key from its text; blanks around it do not count. Throws `bad-cache-key`; the message never has the key. */
export const parseCacheKey = (text: string, from: string): CacheSecret => {
  const bytes = Buffer.from(text.trim())
  if (bytes.length >= leastKey) return { bytes }
  throw new BuildCacheError(
    'bad-cache-key',
    `read the cache key of ${from}: expected at least ${leastKey} bytes, found ${bytes.length}`,
    { exitCode: 2, hint: 'make one with: openssl rand -hex 32' },
  )
}

const prefix = 'hmac-sha256:'

/** Of the whole document: it names every layer by what it unpacks to, so nothing that a build takes is left unsigned. */
export const signDocument = (bytes: Buffer, { bytes: key }: CacheSecret): string =>
  prefix +
  createHmac('sha256', key)
    .update(`tsbuild.cache.v1\n${digestOf(bytes)}`)
    .digest('hex')

/** Throws `cache-unsigned` when there is a key, and the document is not signed with it. Without a key everything passes. */
export const checkSignature = (
  { bytes, signature }: SignedDocument,
  key: CacheSecret | undefined,
  shown: string,
): void => {
  if (!key) return
  const hint = 'TSBUILD_CACHE_KEY must be the same for the builds that write it and those that read it'
  if (signature === undefined)
    throw new BuildCacheError('cache-unsigned', `use the cache ${shown}: its records are not signed`, {
      hint,
    })
  const expected = Buffer.from(signDocument(bytes, key))
  const found = Buffer.from(signature)
  if (found.length !== expected.length || !timingSafeEqual(found, expected)) {
    throw new BuildCacheError(
      'cache-unsigned',
      `use the cache ${shown}: its records are signed with another key`,
      { hint },
    )
  }
}

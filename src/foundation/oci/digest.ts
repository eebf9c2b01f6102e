import { createHash, type Hash, hash } from 'node:crypto'
import { AppError } from '../errors/index.ts'
import type { Brand } from './brand.ts'
import { sha256Blocks, smallSha256 } from './small-sha256.ts'

/** `sha256:` and 64 lower-case hex digits (image-spec descriptor.md#digests). */
export type Digest = Brand<string, 'Digest'>
/** Digest of a layer's uncompressed tar. */
export type DiffId = Brand<Digest, 'DiffId'>
/** Digest of a stack of layers (image-spec config.md#layer-chainid). */
export type ChainId = Brand<Digest, 'ChainId'>

const grammar = /^sha256:[0-9a-f]{64}$/

export const isDigest = (text: string): text is Digest => grammar.test(text)

/** Throws `bad-digest`. Nothing but the strict grammar ever reaches a path or a URL. */
export const parseDigest = (text: string): Digest => {
  if (!isDigest(text)) {
    throw new AppError(
      'bad-digest',
      `parse digest ${JSON.stringify(text.slice(0, 100))}: expected sha256: and 64 lower-case hex digits`,
    )
  }
  return text
}

export const parseDiffId = (text: string): DiffId => parseDigest(text) as DiffId

export const hexOf = (digest: Digest): string => digest.slice(7)

export const digestOf = (bytes: Uint8Array | string): Digest => `sha256:${sha256Of(bytes)}` as Digest

/** What a process may hash before it is worth loading node:crypto. */
let blocksLeft = 24

const sha256Of = (bytes: Uint8Array | string): string => {
  const least = sha256Blocks(bytes.length)
  if (least <= blocksLeft) {
    const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    blocksLeft -= sha256Blocks(data.length)
    if (blocksLeft >= 0) return smallSha256(data)
  } else blocksLeft = 0
  return hash('sha256', bytes, 'hex')
}

/** Incremental sha256. `node:crypto` runs at the speed of C; sha.js is 20 times slower. */
export const createHasher = (): Hash => createHash('sha256')

export const digestFrom = (hash: Hash): Digest => `sha256:${hash.digest('hex')}` as Digest

/** image-spec config.md#layer-chainid */
export const chainIdOf = (diffIds: readonly DiffId[]): ChainId | undefined => {
  let chain: ChainId | undefined
  for (const diffId of diffIds) chain = (chain ? digestOf(`${chain} ${diffId}`) : diffId) as ChainId
  return chain
}

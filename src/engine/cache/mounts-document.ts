import { parseStrictJson } from '../../foundation/oci/index.ts'
import { type CacheMountName, parseCacheMountName } from '../../store/cache-mounts/index.ts'
import { cacheLimits, parseLayer } from './document.ts'
import { BuildCacheError } from './errors.ts'
import type { CachedLayer } from './types.ts'

/** One cache mount of an artifact: its whole content is one layer, below `data`. */
export interface CachedMount {
  readonly name: CacheMountName
  readonly layer: CachedLayer
}

/** More than anybody has caches. */
const maxMounts = 1000

export const encodeMounts = (mounts: readonly CachedMount[]): Buffer =>
  Buffer.from(
    JSON.stringify({
      version: 1,
      mounts: mounts.map(({ name, layer: { diffId, blob } }) => ({
        name,
        layer: { diffId, mediaType: blob.mediaType, digest: blob.digest, size: blob.size },
      })),
    }),
  )

/** Throws `bad-cache` for anything that `encodeMounts` does not write, or beyond a limit. */
export const parseMounts = (bytes: Buffer, shown: string): readonly CachedMount[] => {
  const bad = (why: string): never => {
    throw new BuildCacheError('bad-cache', `read the cache mounts of ${shown}: ${why}`)
  }
  if (bytes.length > cacheLimits.document) return bad(`the records have ${bytes.length} bytes`)
  const { version, mounts } = fieldsOf(parsed(bytes, bad))
  if (version !== 1) return bad('expected version 1 of the records')
  if (!Array.isArray(mounts) || mounts.length > maxMounts) return bad('expected a list of caches')
  return mounts.map((mount: unknown) => {
    const { name, layer } = fieldsOf(mount)
    return { name: parseCacheMountName(name) ?? bad('a cache has no name'), layer: parseLayer(layer, shown) }
  })
}

const parsed = (bytes: Buffer, bad: (why: string) => never): unknown => {
  try {
    return parseStrictJson(bytes.toString('utf8'))
  } catch {
    return bad('the records are not JSON')
  }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

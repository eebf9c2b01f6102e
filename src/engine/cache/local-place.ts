import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import {
  type Descriptor,
  digestOf,
  type HostPath,
  hexOf,
  parseIndex,
  parseManifest,
} from '../../foundation/oci/index.ts'
import type { Store } from '../store.ts'
import { type CacheMediaType, cacheLimits } from './document.ts'
import { BuildCacheError } from './errors.ts'
import { isCacheManifest, signatureOf } from './manifest.ts'
import type { CacheAddress, CachePlace } from './types.ts'

/** Annotation of an entry of index.json with its tag. */
export const tagAnnotation = 'org.opencontainers.image.ref.name'

/** Where a blob of a layout lies. */
export const layoutBlob = (directory: HostPath, { digest }: Pick<Descriptor, 'digest'>): HostPath =>
  join(directory, 'blobs/sha256', hexOf(digest))

/** Bytes of index.json and of manifests: what registries take. */
const maxDocument = 4 * 1024 * 1024

/** A cache in a directory. */
export const localPlace = (
  store: Pick<Store, 'content' | 'snapshots'>,
  { directory, tag, digest }: Extract<CacheAddress, { kind: 'local' }>,
  type: CacheMediaType,
): CachePlace => ({
  shown: directory,
  read: () => {
    const entries = parseIndex(
      readSmall(join(directory, 'index.json'), maxDocument, directory).toString(),
    ).manifests
    const entry = entries.find((one) =>
      digest === undefined ? one.annotations?.[tagAnnotation] === tag : one.digest === digest,
    )
    if (!entry)
      throw new BuildCacheError(
        'cache-not-found',
        `read the cache ${directory}: it has no entry ${digest ?? tag}`,
      )
    const manifest = parseManifest(readChecked(directory, entry, maxDocument).toString())
    if (!isCacheManifest(manifest, type)) return Promise.resolve(undefined)
    const bytes = readChecked(directory, manifest.config, cacheLimits.document)
    return Promise.resolve({ bytes, signature: signatureOf(manifest) })
  },
  fetch: async ({ blob, diffId }) => {
    if (store.snapshots.findByDiffId(diffId)) return
    if (store.content.stat(blob.digest)?.size !== blob.size) takeBlob(store, directory, blob)
    await store.snapshots.addLayer(blob, diffId)
  },
})

/** A file that is nothing but a file: what the directory holds may be anybody's. */
const openPlain = (path: HostPath, directory: HostPath): number => {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (fstatSync(fd).isFile()) return fd
    closeSync(fd)
  } catch (cause) {
    const why = errnoOf(cause) ?? String(cause)
    throw new BuildCacheError('cache-not-found', `read the cache ${directory}: ${path}: ${why}`, { cause })
  }
  throw new BuildCacheError('bad-cache', `read the cache ${directory}: ${path} is not a file`)
}

const readSmall = (path: HostPath, most: number, directory: HostPath): Buffer => {
  const fd = openPlain(path, directory)
  try {
    const { size } = fstatSync(fd)
    if (size <= most) return readFileSync(fd)
    throw new BuildCacheError('bad-cache', `read the cache ${directory}: ${path} has ${size} bytes`)
  } finally {
    closeSync(fd)
  }
}

const readChecked = (directory: HostPath, blob: Descriptor, most: number): Buffer => {
  const bytes = readSmall(layoutBlob(directory, blob), most, directory)
  if (digestOf(bytes) === blob.digest) return bytes
  throw new BuildCacheError('bad-cache', `read the cache ${directory}: blob ${blob.digest} has other bytes`)
}

/** Bytes of one read. */
const pieceSize = 1024 * 1024

/** Copies a blob into the store. Throws `digest-mismatch`, `size-mismatch`. */
const takeBlob = ({ content }: Pick<Store, 'content'>, directory: HostPath, blob: Descriptor): void => {
  const fd = openPlain(layoutBlob(directory, blob), directory)
  const ingest = content.ingest()
  try {
    const piece = Buffer.allocUnsafe(pieceSize)
    let total = 0
    for (let count = readSync(fd, piece); count > 0 && total <= blob.size; count = readSync(fd, piece)) {
      ingest.write(piece.subarray(0, count))
      total += count
    }
  } catch (error) {
    ingest.abort()
    throw error
  } finally {
    closeSync(fd)
  }
  ingest.commit(blob)
}

/** Is there a layout at all? */
export const isLayout = (directory: HostPath): boolean => existsSync(join(directory, 'oci-layout'))

import {
  chmodSync,
  closeSync,
  fchmodSync,
  fdatasync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf, InternalError } from '../../foundation/errors/index.ts'
import { createHasher, type Digest, digestFrom, type HostPath, hexOf } from '../../foundation/oci/index.ts'
import { ownedName } from '../../foundation/sys/index.ts'
import { ContentError, storeFailure } from './errors.ts'
import type { BlobInfo, Ingest } from './types.ts'
import { markVolatile } from './volatile-mark.ts'

/** Where a store keeps its blobs; everything lies on one file system, so that a rename publishes. */
export interface ContentPaths {
  readonly root: HostPath
  readonly ingest: HostPath
  blob(digest: Digest): HostPath
}

/**
 * Opens a temp file that belongs to this process and takes the bytes of one blob. `hashed`: see `ContentStore.ingest`.
 * Errors: `store-full`, `store-io`.
 */
export const openIngest = (paths: ContentPaths, hashed: boolean): Ingest => {
  const temp = join(paths.ingest, ownedName())
  const fd = openTemp(temp)
  const hash = hashed ? undefined : createHasher()
  const writeBack = earlyWriteBack(fd)
  let size = 0
  let open = true
  let isGiven = false

  const close = (): void => {
    if (open) closeSync(fd)
    open = false
  }
  const drop = (): void => {
    close()
    try {
      rmSync(temp, { force: true })
    } catch {
      // Something has failed before, and that is what there is to say. The file has this process's name: it is swept.
    }
  }

  return {
    write(chunk) {
      if (!open) throw new InternalError('write to an ingest that has ended')
      try {
        writeAll(fd, chunk)
      } catch (error) {
        throw storeFailure('write blob', error)
      }
      hash?.update(chunk)
      size += chunk.length
      writeBack(chunk.length)
    },
    commit(expected = {}) {
      if (!open) throw new InternalError('commit of an ingest that has ended')
      const digest = hash ? digestFrom(hash) : givenDigest(expected.digest)
      try {
        if (isGiven) size = fstatSync(fd).size
        checkExpected({ digest, size }, expected)
        fchmodSync(fd, 0o444)
        close()
        publish(temp, { root: paths.root, digest, path: paths.blob(digest) }, size)
      } catch (error) {
        drop()
        throw storeFailure(`commit blob ${digest}`, error)
      }
      return { digest, size }
    },
    abort: drop,
    descriptor() {
      if (!open || hash)
        throw new InternalError('descriptor of an ingest that has ended, or that hashes itself')
      isGiven = true
      return fd
    },
    keepAs(path) {
      if (!open || !isGiven) throw new InternalError('only what was hashed elsewhere is kept elsewhere')
      try {
        fchmodSync(fd, 0o444)
        close()
        renameSync(temp, path)
      } catch (error) {
        drop()
        throw storeFailure(`write ${path}`, error)
      }
    },
  }
}

/** Bytes; for less it is not worth to wake another thread. */
const writeBackStep = 64 << 20

/**
 * Has the kernel write a large blob to the disk while it is still coming in, in another thread: the syncfs that makes an image durable
 * then has little left to wait for. Nothing depends on it, so failures are nobody's matter.
 */
const earlyWriteBack = (fd: number): ((bytes: number) => void) => {
  let waiting = 0
  return (bytes) => {
    waiting += bytes
    if (waiting < writeBackStep) return
    waiting = 0
    // Who writes does not come back to the event loop: there is no waiting for one before the next.
    fdatasync(fd, () => undefined)
  }
}

const openTemp = (temp: HostPath): number => {
  try {
    return openSync(temp, 'wx', 0o600)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw storeFailure('start blob', error)
  }
  try {
    mkdirSync(dirname(temp), { recursive: true, mode: 0o700 })
    return openSync(temp, 'wx', 0o600)
  } catch (error) {
    throw storeFailure('start blob', error)
  }
}

const givenDigest = (digest: Digest | undefined): Digest => {
  if (digest === undefined)
    throw new InternalError('commit of an ingest that was hashed elsewhere needs its digest')
  return digest
}

const writeAll = (fd: number, chunk: Uint8Array): void => {
  for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done, chunk.length - done)
}

const checkExpected = (
  found: { readonly digest: Digest; readonly size: number },
  expected: { readonly digest?: Digest; readonly size?: number },
): void => {
  if (expected.size !== undefined && expected.size !== found.size) {
    throw new ContentError(
      'size-mismatch',
      `commit blob ${expected.digest ?? found.digest}: size ${found.size}, expected ${expected.size}`,
      { details: { found: found.size, expected: expected.size } },
    )
  }
  if (expected.digest !== undefined && expected.digest !== found.digest) {
    throw new ContentError(
      'digest-mismatch',
      `commit blob ${expected.digest}: the bytes have digest ${found.digest}`,
      { details: { found: found.digest, expected: expected.digest } },
    )
  }
}

/** `ContentStore.take` */
export const publishFile = (paths: ContentPaths, file: HostPath, blob: BlobInfo): BlobInfo => {
  const { digest, size } = blob
  try {
    checkExpected({ digest, size: lstatSync(file).size }, blob)
    chmodSync(file, 0o444)
    publish(file, { root: paths.root, digest, path: paths.blob(digest) }, size)
  } catch (error) {
    throw storeFailure(`commit blob ${digest}`, error)
  }
  return blob
}

/**
 * A blob that is there already is touched, not replaced: replacing would trade bytes that are on the disk for bytes
 * that are not, and the new time tells garbage collection that somebody wants it. One of another size is torn.
 */
const publish = (temp: HostPath, target: Target, size: number): void => {
  if (touchWhole(target.path, size)) {
    rmSync(temp, { force: true })
    return
  }
  markVolatile(target.root, hexOf(target.digest))
  try {
    renameSync(temp, target.path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    mkdirSync(dirname(target.path), { recursive: true, mode: 0o700 })
    renameSync(temp, target.path)
  }
}

interface Target {
  readonly root: HostPath
  readonly digest: Digest
  readonly path: HostPath
}

const touchWhole = (target: HostPath, size: number): boolean => {
  const found = statSync(target, { throwIfNoEntry: false })
  if (found === undefined || !found.isFile() || found.size !== size) return false
  try {
    const now = new Date()
    utimesSync(target, now, now)
    return true
  } catch (error) {
    // Pruned in the meantime.
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

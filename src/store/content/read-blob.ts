import { closeSync, constants, openSync, readSync } from 'node:fs'
import { errnoOf } from '../../foundation/errors/index.ts'
import { type Digest, digestOf, type HostPath } from '../../foundation/oci/index.ts'
import { ContentError, storeFailure } from './errors.ts'

/** Reads `size` bytes and checks them against the digest. Errors: `blob-corrupt` (torn, longer, or other bytes), `blob-not-found`. */
export const readBlob = (path: HostPath, digest: Digest, size: number): Buffer => {
  const bytes = Buffer.allocUnsafe(size)
  let found: number
  try {
    found = fill(path, bytes)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT')
      throw new ContentError('blob-not-found', `find blob ${digest}: not in the store`, { cause: error })
    throw storeFailure(`read blob ${digest}`, error)
  }
  const actual = digestOf(bytes.subarray(0, found))
  if (actual !== digest) {
    throw new ContentError('blob-corrupt', `read blob ${digest}: its ${found} bytes have digest ${actual}`, {
      hint: 'remove the image and build, pull or load it again',
    })
  }
  return bytes
}

const fill = (path: HostPath, bytes: Uint8Array): number => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    let done = 0
    while (done < bytes.length) {
      const count = readSync(fd, bytes, done, bytes.length - done, done)
      if (count === 0) break
      done += count
    }
    return done
  } finally {
    closeSync(fd)
  }
}

import { chmodSync, closeSync, constants, lstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { type CountChecked, errnoOf, type Finding } from '../../foundation/errors/index.ts'
import { createHasher, type Digest, digestFrom, type HostPath, isDigest } from '../../foundation/oci/index.ts'
import { createContentStore } from './content-store.ts'

export interface BlobCheck {
  readonly root: HostPath
  /** Read every byte. Otherwise only names, kinds and modes are looked at. */
  readonly hash: boolean
}

/** Every blob of the content store: does its name say its digest, and may nobody write to it? */
export function* checkBlobs({ root, hash }: BlobCheck, count: CountChecked): Generator<Finding> {
  const directory = join(root, 'content/blobs/sha256')
  const content = createContentStore(root)
  for (const name of namesIn(directory)) {
    const path = join(directory, name)
    const digest = `sha256:${name}`
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (!found) continue
    if (!isDigest(digest) || !found.isFile()) {
      yield { what: `blob ${name}`, problem: 'is no file with a digest as its name', severity: 'damage' }
      continue
    }
    count(hash ? found.size : 0)
    const actual = hash ? hashOf(path) : digest
    if (actual !== undefined && actual !== digest)
      yield {
        what: `blob ${digest}`,
        problem: `its ${found.size} bytes have digest ${actual}`,
        severity: 'damage',
        repair: () => drop(() => content.remove(digest)),
      }
    else if ((found.mode & 0o222) !== 0)
      yield {
        what: `blob ${digest}`,
        problem: `can be written to (mode 0${(found.mode & 0o7777).toString(8)})`,
        severity: 'damage',
        repair: () => {
          chmodSync(path, 0o444)
          return 'made read-only'
        },
      }
  }
}

const drop = (remove: () => void): string => {
  remove()
  return 'dropped; made or fetched again when it is needed'
}

const buffer = Buffer.allocUnsafe(1 << 20)

/** Undefined when it was removed in the meantime. */
const hashOf = (path: HostPath): Digest | undefined => {
  const hash = createHasher()
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    for (let size = readSync(fd, buffer); size > 0; size = readSync(fd, buffer))
      hash.update(buffer.subarray(0, size))
    return digestFrom(hash)
  } finally {
    closeSync(fd)
  }
}

const namesIn = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory).sort()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import {
  type Digest,
  digestOf,
  type HostPath,
  hexOf,
  isDigest,
  parseDigest,
} from '../../foundation/oci/index.ts'
import { randomName } from '../../foundation/sys/index.ts'
import { ContentError, storeFailure } from './errors.ts'
import { type ContentPaths, openIngest, publishFile } from './ingest.ts'
import { readBlob } from './read-blob.ts'
import type { BlobInfo, ContentStore } from './types.ts'

const defaultLimit = 8 * 1024 * 1024

/**
 * The content store under `root` (`content/blobs/sha256/HEX`, `content/ingest/`; removed blobs go to `root/trash`).
 * Opening it touches nothing; directories are made when the first blob comes in.
 */
export const createContentStore = (root: HostPath): ContentStore => {
  const blobs = join(root, 'content/blobs/sha256')
  const trash = join(root, 'trash')
  const paths: ContentPaths = {
    root,
    ingest: join(root, 'content/ingest'),
    // Parsed again on purpose: a cast digest must not become a path.
    blob: (digest) => join(blobs, hexOf(parseDigest(digest))),
  }

  const stat = (digest: Digest): BlobInfo | undefined => {
    const found = lstatSync(paths.blob(digest), { throwIfNoEntry: false })
    return found?.isFile() ? { digest, size: found.size } : undefined
  }
  const sizeOf = (digest: Digest): number => {
    const found = stat(digest)
    if (!found) throw notFound(digest)
    return found.size
  }

  return {
    ingest: (options) => openIngest(paths, options?.hashed === true),
    take: (file, blob) => publishFile(paths, file, blob),
    put(text) {
      const bytes = typeof text === 'string' ? Buffer.from(text) : text
      const known = { digest: digestOf(bytes), size: bytes.length }
      if (touchEqual(paths.blob(known.digest), bytes)) return known
      const ingest = openIngest(paths, true)
      try {
        ingest.write(bytes)
        return ingest.commit(known)
      } catch (error) {
        ingest.abort()
        throw error
      }
    },
    stat,
    pathOf(digest) {
      sizeOf(digest)
      return paths.blob(digest)
    },
    read(digest, limit = defaultLimit) {
      const size = sizeOf(digest)
      if (size > limit) {
        throw new ContentError(
          'blob-too-large',
          `read blob ${digest}: ${size} bytes, at most ${limit} are allowed here`,
        )
      }
      return readBlob(paths.blob(digest), digest, size)
    },
    usedAt: (digest) => lstatSync(paths.blob(digest), { throwIfNoEntry: false })?.mtimeMs,
    remove(digest) {
      moveToTrash(paths.blob(digest), trash, digest)
    },
    *list() {
      for (const name of namesIn(blobs).toSorted()) {
        const digest = `sha256:${name}`
        const info = isDigest(digest) ? stat(digest) : undefined
        if (info) yield info
      }
    },
    present() {
      const names = new Set(namesIn(blobs))
      return (digest) => names.has(hexOf(digest))
    },
    digests: () =>
      new Set(
        namesIn(blobs)
          .toSorted()
          .map((name) => `sha256:${name}`)
          .filter(isDigest),
      ),
  }
}

const notFound = (digest: Digest): ContentError =>
  new ContentError('blob-not-found', `find blob ${digest}: not in the store`, {
    hint: 'pull or load the image again',
  })

/**
 * A document that is here already is only touched, as a whole blob is (see `publish`), but it is looked at: after a power cut one of
 * the right size may have other bytes, and would stay for ever. That one is moved out of the way.
 */
const touchEqual = (path: HostPath, bytes: Uint8Array): boolean => {
  try {
    const found = readFileSync(path)
    if (!found.equals(bytes)) {
      rmSync(path, { force: true })
      return false
    }
    const now = new Date()
    utimesSync(path, now, now)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw storeFailure('write blob', error)
  }
}

const moveToTrash = (from: HostPath, trash: HostPath, digest: Digest): void => {
  const to = join(trash, randomName())
  for (const attempt of [1, 2]) {
    try {
      renameSync(from, to)
      return
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw storeFailure(`remove blob ${digest}`, error)
      if (attempt === 1) mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
    }
  }
}

const namesIn = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw storeFailure('list blobs', error)
  }
}

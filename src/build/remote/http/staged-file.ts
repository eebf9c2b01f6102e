import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf } from '../../../foundation/errors/index.ts'
import { createHasher, type Digest, digestFrom, type HostPath } from '../../../foundation/oci/index.ts'
import { ownedName } from '../../../foundation/sys/index.ts'

/** A file that lies in the store's staging directory until it is disposed. */
export interface StagedFile extends Disposable {
  readonly path: HostPath
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
}

/** Writes chunks to a file of its own, hashing them. Nothing stays of it after a failure. */
export const stageFile = async (
  directory: HostPath,
  chunks: AsyncIterable<Uint8Array>,
  onSize: (size: number) => void = () => {},
): Promise<StagedFile> => {
  const path = join(directory, ownedName())
  const remove = (): void => rmSync(path, { force: true })
  const fd = openNew(path)
  const hash = createHasher()
  let size = 0
  try {
    for await (const chunk of chunks) {
      for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done, chunk.length - done)
      hash.update(chunk)
      size += chunk.length
      onSize(size)
    }
  } catch (error) {
    remove()
    throw error
  } finally {
    closeSync(fd)
  }
  return { path, digest: digestFrom(hash), size, [Symbol.dispose]: remove }
}

const openNew = (path: HostPath): number => {
  try {
    return openSync(path, 'wx', 0o600)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  return openSync(path, 'wx', 0o600)
}

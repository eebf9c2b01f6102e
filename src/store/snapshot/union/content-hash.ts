import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { type ContentProblem, type FileContent, fsPath } from '../../../foundation/filetree/index.ts'
import { createHasher } from '../../../foundation/oci/index.ts'
import { storeFailure } from '../../content/index.ts'
import { SnapshotError } from '../errors.ts'

let buffer: Buffer | undefined

/** Lower-case hex sha256. Errors: `not-a-file` when the file is no longer what the layer says, `store-io`. */
export const hashContent = (content: FileContent): string => {
  const hash = createHasher()
  if (content.kind === 'bytes') return hash.update(content.bytes).digest('hex')
  buffer ??= Buffer.allocUnsafeSlow(256 * 1024)
  const fd = openRange(content.path)
  try {
    for (let done = 0; done < content.size; ) {
      const wanted = Math.min(buffer.length, content.size - done)
      const count = readSync(fd, buffer, 0, wanted, content.offset + done)
      if (count === 0) throw changed(content.path, `ends after ${done} of ${content.size} bytes`)
      hash.update(buffer.subarray(0, count))
      done += count
    }
  } finally {
    closeSync(fd)
  }
  return hash.digest('hex')
}

const openRange = (path: string): number => {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  let fd: number
  try {
    fd = openSync(fsPath(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    throw storeFailure(`read ${path}`, error)
  }
  if (fstatSync(fd).isFile()) return fd
  closeSync(fd)
  throw changed(path, 'is not a regular file')
}

/** The same errors for a file that somebody else has read. */
export const contentRefused = (path: string, problem: ContentProblem): Error => {
  switch (problem.kind) {
    case 'short':
      return changed(path, `ends after ${problem.found} of ${problem.expected} bytes`)
    case 'not-a-file':
      return changed(path, 'is not a regular file')
    case 'unreadable':
      return storeFailure(`read ${path}`, Object.assign(new Error(problem.errno), { code: problem.errno }))
  }
}

const changed = (path: string, how: string): SnapshotError =>
  new SnapshotError('not-a-file', `read ${path}: the file ${how}`, {
    hint: 'something outside of this program changed the store; build or pull the image again',
  })

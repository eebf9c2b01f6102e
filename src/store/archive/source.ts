import { createReadStream } from 'node:fs'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import { decompressed } from './decompressed.ts'
import { badArchive } from './errors.ts'
import type { ArchiveSource } from './types.ts'

const chunkSize = 1 << 20

/** The bytes of an archive, decompressed where they are compressed. Throws `no-archive`, `bad-archive`. */
export async function* archiveChunks(
  source: ArchiveSource,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const options = { highWaterMark: chunkSize, ...(signal ? { signal } : {}) }
  const stream =
    source.kind === 'file'
      ? createReadStream(source.path, options)
      : createReadStream('', { ...options, fd: source.fd, autoClose: false })
  try {
    yield* decompressed(stream, signal)
  } catch (error) {
    throw readFailure(source, error)
  } finally {
    stream.destroy()
  }
}

const readFailure = (source: ArchiveSource, error: unknown): unknown => {
  const what = source.kind === 'file' ? source.path : 'standard input'
  switch (errnoOf(error)) {
    case 'ENOENT':
    case 'EISDIR':
    case 'ENOTDIR':
    case 'EACCES':
      return new AppError('no-archive', `open archive ${what}: ${errnoOf(error)}`, {
        exitCode: exitCode.usage,
        cause: error,
        hint: 'give the path of a file that `save` wrote',
      })
    default:
      return /^(?:Z|ZSTD)_/.test(errnoOf(error) ?? '')
        ? badArchive(`${what} is compressed, and damaged or cut off`, error)
        : error
  }
}

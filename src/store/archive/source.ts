import { createReadStream } from 'node:fs'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import { decompressChunks, LayerError } from '../layer/index.ts'
import { ArchiveError, badArchive } from './errors.ts'
import type { ArchiveSource } from './types.ts'

const chunkSize = 1 << 20

/** The bytes of an archive, decompressed where they are compressed. Throws `no-archive`, `bad-archive`, `unsupported-archive`. */
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
    yield* decompressChunks(stream, signal ? { signal } : {})
  } catch (error) {
    throw readFailure(source, error)
  } finally {
    stream.destroy()
  }
}

const readFailure = (source: ArchiveSource, error: unknown): unknown => {
  if (!(error instanceof LayerError)) return error
  const what = source.kind === 'file' ? source.path : 'standard input'
  const errno = errnoOf(error.cause)
  if (error.code === 'layer-io' && errno !== undefined && unreadable.has(errno)) {
    return new AppError('no-archive', `open archive ${what}: ${errno}`, {
      exitCode: exitCode.usage,
      cause: error,
      hint: 'give the path of an archive, or - for the standard input',
    })
  }
  switch (error.code) {
    case 'bad-layer':
      return badArchive(`${what} is compressed, and damaged or cut off`, error)
    case 'layer-too-large':
    case 'unsupported-compression':
      return new ArchiveError('unsupported-archive', `read archive ${what}: ${error.message}`, {
        cause: error,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      })
    default:
      return error
  }
}

const unreadable: ReadonlySet<string> = new Set(['ENOENT', 'EISDIR', 'ENOTDIR', 'EACCES'])

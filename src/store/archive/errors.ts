import { AppError, type ErrorOptions, exitCode } from '../../foundation/errors/index.ts'
import type { Digest } from '../../foundation/oci/index.ts'

export type ArchiveErrorCode =
  | 'bad-archive'
  | 'archive-io'
  | 'blob-damaged'
  | 'unsupported-archive'
  | 'unsafe-export'

/** What goes wrong with archives that come in or go out. Exit code 1 unless said otherwise. */
export class ArchiveError extends AppError<ArchiveErrorCode> {
  constructor(code: ArchiveErrorCode, message: string, options: ErrorOptions = {}) {
    super(code, message, options)
  }
}

const expected =
  'expected an archive written by `save`: a docker archive or an OCI archive, plain or compressed'

/** An archive that breaks the rules of its format, or tries to. */
export const badArchive = (why: string, cause?: unknown): ArchiveError =>
  new ArchiveError('bad-archive', `read archive: ${why}`, {
    cause,
    hint: expected,
  })

/** An archive that names a blob that it does not have. */
export class MissingBlob extends ArchiveError {
  constructor(digest: Digest) {
    super('bad-archive', `read archive: blob ${digest} is missing`, { hint: expected })
  }
}

/** A failure of the machine while a file is written; ours pass unchanged. */
export const outputFailure = (path: string, error: unknown): AppError =>
  error instanceof AppError
    ? error
    : new ArchiveError(
        'archive-io',
        `write ${path}: ${error instanceof Error ? error.message : String(error)}`,
        {
          exitCode: exitCode.storeIo,
          cause: error,
          hint: 'check that the directory exists, is writable and has free space',
        },
      )

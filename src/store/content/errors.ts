import { AppError, type ErrorOptions, errnoOf, exitCode } from '../../foundation/errors/index.ts'

export type ContentErrorCode =
  | 'digest-mismatch'
  | 'size-mismatch'
  | 'blob-not-found'
  | 'blob-corrupt'
  | 'blob-too-large'
  | 'store-full'
  | 'store-io'

/** What goes wrong with blobs. Exit code 74 unless said otherwise. */
export class ContentError extends AppError<ContentErrorCode> {
  constructor(code: ContentErrorCode, message: string, options: ErrorOptions = {}) {
    super(code, message, { exitCode: exitCode.storeIo, ...options })
  }
}

/** A system error of the store's file system as an error that a user can act on; ours pass unchanged. */
export const storeFailure = (task: string, error: unknown): AppError => {
  if (error instanceof AppError) return error
  const errno = errnoOf(error)
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    return new ContentError('store-full', `${task}: no space left in the store`, {
      cause: error,
      hint: 'free some space with `tsbuild prune`, or choose another store with --root',
    })
  }
  if (errno === 'EROFS') {
    return new ContentError(
      'store-io',
      `${task}: the store lies on a file system that is mounted read-only`,
      {
        cause: error,
        hint: 'mount it writable, or choose another store with --root',
      },
    )
  }
  return new ContentError('store-io', `${task}: ${errno ?? String(error)}`, {
    cause: error,
    hint: "check that the store's directory is readable and writable by this user",
  })
}

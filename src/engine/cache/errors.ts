import { AppError, type ErrorOptions } from '../../foundation/errors/index.ts'

export type BuildCacheErrorCode =
  /** It cannot be read as a cache, or is beyond a limit. */
  | 'bad-cache'
  /** There is none at that place. */
  | 'cache-not-found'
  /** A key is configured, and the records are not signed with it. */
  | 'cache-unsigned'
  | 'bad-cache-key'

/** What goes wrong with caches in registries and directories, besides what rooms below throw. Exit code 1. */
export class BuildCacheError extends AppError<BuildCacheErrorCode> {
  constructor(code: BuildCacheErrorCode, message: string, options: ErrorOptions = {}) {
    super(code, message, options)
  }
}

import { AppError, type ErrorOptions, exitCode } from '../../foundation/errors/index.ts'

export type RemoteErrorCode =
  /** The server could not be reached, or broke off. */
  | 'unreachable'
  /** The server answered with an error. */
  | 'fetch-failed'
  /** Where it leads is not allowed: another protocol, too many redirects. */
  | 'fetch-refused'
  | 'checksum-mismatch'
  | 'fetch-too-large'
  | 'no-git'
  | 'git-too-old'
  | 'git-failed'
  | 'ref-not-found'
  | 'no-subdirectory'

/** What goes wrong while fetching. Exit code 69 unless said otherwise. Messages never hold credentials. */
export class RemoteError extends AppError<RemoteErrorCode> {
  constructor(code: RemoteErrorCode, message: string, options: ErrorOptions = {}) {
    super(code, message, { exitCode: exitCode.unreachable, ...options })
  }
}

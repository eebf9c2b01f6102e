import { AppError, type ErrorOptions, exitCode } from '../../foundation/errors/index.ts'

export type VolumeErrorCode =
  | 'bad-volume-name'
  | 'bad-volume-option'
  | 'no-such-volume'
  | 'volume-in-use'
  | 'volume-damaged'

/** What goes wrong with volumes. Exit code 1 unless said otherwise, as docker's verbs have it. */
export class VolumeError extends AppError<VolumeErrorCode> {
  constructor(code: VolumeErrorCode, message: string, options: ErrorOptions = {}) {
    super(code, message, { exitCode: exitCode.failed, ...options })
  }
}

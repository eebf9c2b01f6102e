import { AppError, type ErrorOptions } from '../../foundation/errors/index.ts'

export type TransferErrorCode =
  /** The registry does not have it. */
  | 'image-not-found'
  /** The index has no image for the platform. */
  | 'no-such-platform'
  /** What the name stands for is no container image. */
  | 'not-an-image'
  | 'bad-image'
  | 'digest-mismatch'
  /** Parts of what is to be pushed are not in the store. */
  | 'incomplete-image'

/** What goes wrong between a store and a registry, besides what rooms below throw. Exit code 1. */
export class TransferError extends AppError<TransferErrorCode> {
  constructor(code: TransferErrorCode, message: string, options: ErrorOptions = {}) {
    super(code, message, options)
  }
}

import { AppError, type ErrorOptions, exitCode } from '../../foundation/errors/index.ts'

export type NetworkErrorCode =
  | 'no-such-network'
  | 'ambiguous-network'
  | 'network-exists'
  | 'network-in-use'
  | 'predefined-network'
  | 'bad-network'
  | 'bad-address'
  | 'bad-driver-option'
  | 'address-in-use'
  | 'subnet-in-use'

/** What goes wrong with networks. Exit code 1 unless said otherwise, as docker's verbs have it. */
export class NetworkError extends AppError<NetworkErrorCode> {
  constructor(code: NetworkErrorCode, message: string, options: ErrorOptions = {}) {
    super(code, message, { exitCode: exitCode.failed, ...options })
  }
}

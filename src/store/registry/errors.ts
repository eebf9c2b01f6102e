import { AppError, type ErrorOptions, exitCode } from '../../foundation/errors/index.ts'

export type RegistryErrorCode =
  /** No answer, or it broke off again and again. Exit code 69. */
  | 'registry-unreachable'
  /** The server answered with an error; `details.status`. Exit code 69. */
  | 'registry-failed'
  /** Too many requests (429). Exit code 69. */
  | 'registry-throttled'
  /** No such repository, tag, manifest or blob. */
  | 'registry-not-found'
  /** It wants (other) credentials. Exit code 77. */
  | 'registry-denied'
  /** Our rules forbid what the server wants: plain http, a token service without TLS, ... */
  | 'registry-refused'
  /** The configuration forbids the registry. */
  | 'registry-blocked'
  /** The answer is not what the distribution protocol says. */
  | 'registry-protocol'
  | 'digest-mismatch'
  | 'size-mismatch'
  | 'manifest-too-large'
  | 'manifest-unsupported'
  | 'bad-hosts-file'
  | 'bad-credentials-file'
  | 'credential-helper-failed'

/** What goes wrong with registries. `details` may have `status`, `host`, `repository`. Exit code 1 unless said otherwise. */
export class RegistryError extends AppError<RegistryErrorCode> {
  constructor(code: RegistryErrorCode, message: string, options: ErrorOptions = {}) {
    super(code, message, { exitCode: exitCodes[code] ?? exitCode.failed, ...options })
  }
}

const exitCodes: Partial<Record<RegistryErrorCode, number>> = {
  'registry-unreachable': exitCode.unreachable,
  'registry-failed': exitCode.unreachable,
  'registry-throttled': exitCode.unreachable,
  'registry-denied': exitCode.notPermitted,
}

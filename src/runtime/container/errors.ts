import { AppError, type ErrorOptions, exitCode } from '../../foundation/errors/index.ts'

export type ContainerErrorCode =
  | 'no-such-container'
  | 'ambiguous-container'
  | 'name-in-use'
  | 'bad-container-name'
  | 'container-running'
  | 'container-not-running'
  | 'container-busy'
  | 'port-in-use'
  | 'start-failed'
  | 'bad-seccomp-profile'
  | 'file-too-large'
  | 'bad-mount'

/** What goes wrong with a container. Exit code 1 unless said otherwise, as docker's verbs have it. */
export class ContainerError extends AppError<ContainerErrorCode> {
  constructor(code: ContainerErrorCode, message: string, options: ErrorOptions = {}) {
    super(code, message, { exitCode: exitCode.failed, ...options })
  }
}

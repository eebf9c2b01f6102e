import { AppError, exitCode, InternalError } from '../../foundation/errors/index.ts'

const ofCommands: readonly number[] = [exitCode.notExecutable, exitCode.notFound]

/**
 * Docker's exit codes of what fails: 125 for `run`, and in every verb for options that it cannot read; 126 and 127 for commands
 * of `run` and `exec` that cannot be run; 1 for all else.
 */
export const failureCode = (verb: string, error: unknown, code: number): number => {
  if (!(error instanceof AppError) || error instanceof InternalError || verb === 'run') return code
  if (error.code === 'usage' && code === exitCode.engine) return code
  if (ofCommands.includes(code)) return verb === 'exec' ? code : exitCode.failed
  return code === exitCode.engine || code === exitCode.usage ? exitCode.failed : code
}

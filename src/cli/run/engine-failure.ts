import { AppError, exitCode, InternalError } from '../../foundation/errors/index.ts'

/**
 * Docker's rule for `run`: the exit code is the container's own, so whatever goes wrong before there is one ends with 125. Errors
 * with a code of their own (126, 127, those of the machine) keep it.
 */
export const asEngineFailure = async <T>(action: Promise<T>): Promise<T> => {
  try {
    return await action
  } catch (error) {
    if (!(error instanceof AppError) || error instanceof InternalError || error.exitCode !== exitCode.failed)
      throw error
    const { code, message, hint, details } = error
    throw new AppError(code, message, {
      exitCode: exitCode.engine,
      details,
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    })
  }
}

import { AppError, exitCode } from '../../foundation/errors/index.ts'

/** Why an archive is no build context: exit code 1. */
export const badArchive = (shown: string, why: string, cause?: unknown): AppError =>
  new AppError('bad-archive', `read the archive ${shown}: ${why}`, {
    exitCode: exitCode.failed,
    ...(cause === undefined ? {} : { cause }),
  })

/** Names in an archive are not ours to print as they are. */
export const quoted = (name: string): string => JSON.stringify(name.slice(0, 200))

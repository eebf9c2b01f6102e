import { AppError, exitCode, InternalError } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'
import { renderFailure } from '../fail.ts'

/** Does `action` for every word; what it returns is printed, if it is anything. A failure is told and does not keep the others from being done. */
export const forEachWord = async (
  words: readonly string[],
  cli: CliContext,
  action: (word: string) => Promise<string | undefined> | string | undefined,
): Promise<number> => {
  let code = 0
  for (const word of words) {
    try {
      const said = await action(word)
      if (said !== undefined) cli.stdout.write(`${said}\n`)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      cli.stderr.write(renderFailure(error, { program: 'tsrun' }).text)
      code = error instanceof InternalError ? error.exitCode : exitCode.failed
    }
  }
  return code
}

import { networkCases } from '../../engine/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { forEachWord } from '../run/each.ts'
import { parseVerb } from './parse-verb.ts'

/** `tsrun network rm [OPTIONS] NETWORK...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<{ readonly force?: boolean }>('network rm', argv, cli, (command) =>
    command
      .description('Remove networks that no running container is on')
      .argument('<network...>', 'names or ids')
      .option('-f, --force', 'those that are gone are no error'),
  )
  if (!parsed) return 0
  const { force = false } = parsed.options
  const { removeNetwork } = await networkCases()
  return forEachWord(parsed.args, cli, async (word) => {
    try {
      return await removeNetwork(cli, word)
    } catch (error) {
      if (force && error instanceof AppError && error.code === 'no-such-network') return undefined
      throw error
    }
  })
}

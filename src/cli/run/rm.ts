import { removeByName } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { forEachWord } from './each.ts'
import { parseVerb } from './parse-verb.ts'

interface Options {
  readonly force?: boolean
  readonly volumes?: boolean
}

/** `tsrun rm [OPTIONS] CONTAINER...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('rm', argv, cli, (command) =>
    command
      .description('Remove containers')
      .argument('<container...>', 'names or ids')
      .option('-f, --force', 'kill those that run; those that are gone are no error')
      .option('-v, --volumes', 'also remove their anonymous volumes'),
  )
  if (!parsed) return 0
  const { force = false, volumes = false } = parsed.options
  return forEachWord(parsed.args, cli, async (word) => {
    await removeByName(cli.root, word, force, volumes)
    return word
  })
}

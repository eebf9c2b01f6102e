import { volumeCases } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { forEachWord } from '../run/each.ts'
import { parseVerb } from './parse-verb.ts'

/** `tsrun volume rm [OPTIONS] VOLUME...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<{ readonly force?: boolean }>('volume rm', argv, cli, (command) =>
    command
      .description('Remove volumes that no container uses')
      .argument('<volume...>', 'names')
      .option('-f, --force', 'those that are gone are no error'),
  )
  if (!parsed) return 0
  const { removeVolume } = await volumeCases()
  return forEachWord(parsed.args, cli, async (name) => {
    await removeVolume(cli.root, name, parsed.options.force ?? false)
    return name
  })
}

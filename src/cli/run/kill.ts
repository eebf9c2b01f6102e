import { killContainer, openContainerStore } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { forEachWord } from './each.ts'
import { parseVerb } from './parse-verb.ts'

/** `tsrun kill [-s SIGNAL] CONTAINER...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<{ readonly signal: string }>('kill', argv, cli, (command) =>
    command
      .description('Send a signal to containers')
      .argument('<container...>', 'names or ids')
      .option('-s, --signal <signal>', 'name or number', 'KILL'),
  )
  if (!parsed) return 0
  const containers = openContainerStore(cli.root)
  return forEachWord(parsed.args, cli, (word) => {
    killContainer(containers.find(word), parsed.options.signal)
    return word
  })
}

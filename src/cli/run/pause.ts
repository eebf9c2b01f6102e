import { openContainerStore, pauseContainer, recordEvent, unpauseContainer } from '../../engine/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { forEachWord } from './each.ts'
import { parseVerb } from './parse-verb.ts'

/** `tsrun pause CONTAINER...` */
export const pause: RunVerb = (argv, cli) =>
  each('pause', 'Stop all processes of containers where they are', { argv, cli, action: pauseContainer })

/** `tsrun unpause CONTAINER...` */
export const unpause: RunVerb = (argv, cli) =>
  each('unpause', 'Let paused containers go on', { argv, cli, action: unpauseContainer })

const each = async (
  name: string,
  description: string,
  work: {
    readonly argv: readonly string[]
    readonly cli: CliContext
    readonly action: typeof pauseContainer
  },
): Promise<number> => {
  const parsed = await parseVerb(name, work.argv, work.cli, (command) =>
    command.description(description).argument('<container...>', 'names or ids'),
  )
  if (!parsed) return 0
  const containers = openContainerStore(work.cli.root)
  return forEachWord(parsed.args, work.cli, (word) => {
    const container = containers.find(word)
    work.action(container)
    recordEvent(containers.journal, container.record, name)
    return word
  })
}

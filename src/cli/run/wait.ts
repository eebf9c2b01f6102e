import { openContainerStore, waitContainer } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { forEachWord } from './each.ts'
import { parseVerb } from './parse-verb.ts'

/** `tsrun wait CONTAINER...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb('wait', argv, cli, (command) =>
    command
      .description('Wait until containers have ended and print their exit codes')
      .argument('<container...>', 'names or ids'),
  )
  if (!parsed) return 0
  const containers = openContainerStore(cli.root)
  const found = new Map<string, ReturnType<typeof containers.find>>()
  return forEachWord(parsed.args, cli, async (word) => {
    const container = found.get(word) ?? containers.find(word)
    found.set(word, container)
    const end = await waitContainer(container)
    return String(end?.exit.exitCode ?? 0)
  })
}

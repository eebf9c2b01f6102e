import { openContainerStore, openStore, start, stopContainer } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { forEachWord } from './each.ts'
import { parseWhole } from './parse-values.ts'
import { parseVerb } from './parse-verb.ts'

/** `tsrun restart [-t SECONDS] CONTAINER...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<{ readonly time?: string }>('restart', argv, cli, (command) =>
    command
      .description('Stop containers and start them again')
      .argument('<container...>', 'names or ids')
      .option('-t, --time <seconds>', 'how long to wait before killing (default: 10)'),
  )
  if (!parsed) return 0
  const { time } = parsed.options
  const store = openStore({ root: cli.root })
  const containers = openContainerStore(cli.root)
  return forEachWord(parsed.args, cli, async (word) => {
    const container = containers.find(word)
    await stopContainer(container, time === undefined ? {} : { timeout: parseWhole('--time', time, -1) })
    await start(store, container, true, { runRoot: cli.runRoot, now: cli.now })
    return word
  })
}

import {
  isLive,
  openContainerStore,
  openStore,
  recordEvent,
  start,
  stopContainer,
} from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { forEachWord } from './each.ts'
import { parseWait } from './parse-values.ts'
import { parseVerb } from './parse-verb.ts'

/** `tsrun restart [OPTIONS] CONTAINER...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<{
    readonly time?: string
    readonly timeout?: string
    readonly signal?: string
  }>('restart', argv, cli, (command) =>
    command
      .description('Stop containers and start them again')
      .argument('<container...>', 'names or ids')
      .option('-t, --time <seconds>', 'how long to wait before killing; -1 is for ever (default: 10)')
      .option('--timeout <seconds>', 'the same')
      .option('-s, --signal <signal>', 'signal to send first'),
  )
  if (!parsed) return 0
  const { timeout, time = timeout, signal } = parsed.options
  const choice = {
    ...(time === undefined ? {} : { timeout: parseWait('restart', time) }),
    ...(signal === undefined ? {} : { signal }),
  }
  const store = openStore({ root: cli.root })
  const containers = openContainerStore(cli.root)
  return forEachWord(parsed.args, cli, async (word) => {
    const container = containers.find(word)
    const live = isLive(container.status)
    await stopContainer(container, choice)
    if (live) recordEvent(containers.journal, container.record, 'stop')
    await start(store, container, true, { runRoot: cli.runRoot, now: cli.now })
    recordEvent(containers.journal, container.record, 'restart')
    return word
  })
}

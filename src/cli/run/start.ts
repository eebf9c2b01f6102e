import { openContainerStore, openStore, start } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { forEachWord } from './each.ts'
import { forwardSignals, killImpatiently } from './forward-signals.ts'
import { parseVerb, usage } from './parse-verb.ts'

interface Options {
  readonly attach?: boolean
  readonly interactive?: boolean
}

/** `tsrun start [OPTIONS] CONTAINER...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('start', argv, cli, (command) =>
    command
      .description('Start containers that were created or have ended')
      .argument('<container...>', 'names or ids')
      .option('-a, --attach', 'stay, show what it writes, and end with its exit code')
      .option('-i, --interactive', 'the same, with standard input if the container was made with -i'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const store = openStore({ root: cli.root })
  const containers = openContainerStore(cli.root)
  const environment = { runRoot: cli.runRoot, now: cli.now }
  if (options.attach || options.interactive) {
    const [word = '', ...more] = args
    if (more.length > 0) throw usage('start', '-a takes one container')
    const container = containers.find(word)
    using signals = forwardSignals()
    const launched = await start(store, container, false, environment)
    signals.to({ send: launched.signal, leave: () => killImpatiently(container, cli) })
    return await launched.ended
  }
  return forEachWord(args, cli, async (word) => {
    const container = containers.find(word)
    if (container.status.kind !== 'running') await start(store, container, true, environment)
    return word
  })
}

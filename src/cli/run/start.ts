import {
  type Container,
  type ContainerStore,
  detachKeysOf,
  isLive,
  isPaused,
  openContainerStore,
  openStore,
  start,
  wantsStart,
} from '../../engine/index.ts'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { attachTo } from './attach.ts'
import { forEachWord } from './each.ts'
import { forwardSignals, receiverOf } from './forward-signals.ts'
import { parseSwitch } from './parse-values.ts'
import { parseHotVerb, usage } from './parse-verb.ts'

interface Options {
  readonly attach?: boolean
  readonly interactive?: boolean
  readonly detachKeys?: string
  readonly sigProxy?: string
  readonly restartPolicies?: boolean
}

/** `tsrun start [OPTIONS] CONTAINER...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseHotVerb<Options>('start', argv, cli, (command) =>
    command
      .description('Start containers that were created or have ended')
      .argument('[container...]', 'names or ids')
      .option('-a, --attach', 'stay, show what it writes, and end with its exit code')
      .option('-i, --interactive', 'the same, with standard input if the container was made with -i')
      .option('--detach-keys <keys>', 'keys that leave it in the background (default: ctrl-p,ctrl-q)')
      .option('--sig-proxy <bool>', 'pass signals on to the container (default: true)')
      .option('--restart-policies', 'those that a restart policy wants to run: for the start of the machine'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const containers = openContainerStore(cli.root)
  if (options.restartPolicies) return startWanted(args, containers, cli)
  if (args.length === 0) throw usage('start', 'expected at least one container', 'name it', exitCode.failed)
  if (options.attach || options.interactive) {
    const [word = '', ...more] = args
    if (more.length > 0) throw usage('start', '-a takes one container', undefined, exitCode.failed)
    return inForeground(containers.find(word), options, cli)
  }
  const store = openStore({ root: cli.root })
  return forEachWord(args, cli, async (word) => {
    const container = containers.find(word)
    if (isPaused(container))
      throw new AppError('paused', `start ${word}: it is paused`, { hint: '`tsrun unpause` lets it go on' })
    if (!isLive(container.status)) await start(store, container, true, { runRoot: cli.runRoot, now: cli.now })
    return word
  })
}

/** The oldest first: others may want its network. */
const startWanted = (
  words: readonly string[],
  containers: ContainerStore,
  cli: CliContext,
): Promise<number> => {
  if (words.length > 0)
    throw usage('start', '--restart-policies takes no containers', undefined, exitCode.failed)
  const store = openStore({ root: cli.root })
  const wanted = new Map(
    containers
      .list()
      .filter(wantsStart)
      .toReversed()
      .map((container) => [container.record.name, container]),
  )
  return forEachWord([...wanted.keys()], cli, async (name) => {
    const container = wanted.get(name)
    if (container) await start(store, container, true, { runRoot: cli.runRoot, now: cli.now })
    return name
  })
}

const inForeground = async (container: Container, options: Options, cli: CliContext): Promise<number> => {
  const detachKeys = detachKeysOf(options.detachKeys)
  const proxy = parseSwitch('start', '--sig-proxy', options.sigProxy)
  if (isLive(container.status)) {
    return attachTo(container, cli, { stdin: options.interactive === true, detachKeys, proxy })
  }
  using signals = forwardSignals()
  const environment = { runRoot: cli.runRoot, now: cli.now, detachKeys, input: options.interactive === true }
  const launched = await start(openStore({ root: cli.root }), container, false, environment)
  signals.to(receiverOf(launched, container, cli, proxy))
  return await launched.ended
}

import {
  type ContainerStore,
  isLive,
  openContainerStore,
  recordEvent,
  stopContainer,
} from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { forEachWord } from './each.ts'
import { parseWait } from './parse-values.ts'
import { parseHotVerb } from './parse-verb.ts'

interface Options {
  readonly time?: string
  readonly timeout?: string
  readonly signal?: string
}

/** `tsrun stop [OPTIONS] CONTAINER...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseHotVerb<Options>('stop', argv, cli, (command) =>
    command
      .description('Ask containers to end, and kill them after a while')
      .argument('<container...>', 'names or ids')
      .option('-t, --time <seconds>', 'how long to wait before killing; -1 is for ever (default: 10)')
      .option('--timeout <seconds>', 'the same')
      .option('-s, --signal <signal>', 'signal to send first'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const time = options.timeout ?? options.time
  const choice = {
    ...(time === undefined ? {} : { timeout: parseWait('stop', time) }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }
  const containers = openContainerStore(cli.root)
  // All are asked at once: ten containers take no longer than one.
  const stopping = new Map(args.map((word) => [word, settled(() => stopOne(containers, word, choice))]))
  return forEachWord(args, cli, async (word) => {
    const failure = await stopping.get(word)
    if (failure) throw failure.error
    return word
  })
}

const stopOne = async (
  containers: ContainerStore,
  word: string,
  choice: Parameters<typeof stopContainer>[1],
): Promise<void> => {
  const container = containers.find(word)
  const live = isLive(container.status)
  await stopContainer(container, choice)
  if (live) recordEvent(containers.journal, container.record, 'stop')
}

/** The error instead of a rejection, so that none goes unhandled while others are waited for. */
const settled = async (action: () => Promise<void>): Promise<{ readonly error: unknown } | undefined> => {
  try {
    await action()
    return undefined
  } catch (error) {
    return { error }
  }
}

import { openContainerStore, readLog } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { interruptible } from '../interrupt.ts'
import { logAttributes } from './log-attributes.ts'
import { parseTime } from './parse-time.ts'
import { parseHotVerb } from './parse-verb.ts'

interface Options {
  readonly follow?: boolean
  readonly tail?: string
  readonly timestamps?: boolean
  readonly since?: string
  readonly until?: string
  readonly details?: boolean
}

/** `tsrun logs [OPTIONS] CONTAINER`: what went to standard error goes to ours. */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseHotVerb<Options>('logs', argv, cli, (command) =>
    command
      .description('Show what a container has written')
      .argument('<container>', 'name or id')
      .option('-f, --follow', 'go on until the container has ended')
      .option('-n, --tail <lines>', 'only the last lines; all for what is no number, as in docker')
      .option('-t, --timestamps', 'with the time before each line')
      .option('--details', 'with the labels, variables and the tag that --log-opt names')
      .option('--since <time>', 'only from this time on, such as 10m or 2026-01-31T12:00:00Z')
      .option('--until <time>', 'only up to this time'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const container = openContainerStore(cli.root).find(args[0] ?? '')
  using interrupt = interruptible()
  const { tail = '', since, until } = options
  const details = options.details ? `${logAttributes(container)} ` : ''
  const batches = readLog(container, {
    ...(/^\+?\d{1,15}$/.test(tail) ? { tail: Number(tail) } : {}),
    ...(since ? { since: parseTime('--since', since, cli.now()) } : {}),
    ...(until ? { until: parseTime('--until', until, cli.now()) } : {}),
    follow: options.follow ?? false,
    signal: interrupt.signal,
  })
  for await (const lines of batches) {
    let text = ''
    let stream: 'stdout' | 'stderr' = 'stdout'
    const flush = (): void => {
      if (text !== '') cli[stream].write(text)
      text = ''
    }
    for (const line of lines) {
      if (line.stream !== stream) flush()
      stream = line.stream
      text += `${options.timestamps ? `${line.time} ` : ''}${details}${line.text}`
    }
    flush()
  }
  return interrupt.exitCode
}

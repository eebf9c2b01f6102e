import {
  type Container,
  type ContainerStore,
  openContainerStore,
  type WaitCondition,
  waitContainer,
} from '../../engine/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { forEachWord } from './each.ts'
import { collect, parseHotVerb, usage } from './parse-verb.ts'

interface Options {
  readonly condition?: readonly string[]
  readonly interval?: string
  readonly ignore?: boolean
  readonly exitFirstMatch?: boolean
  readonly returnOnFirst?: boolean
}

/** Words of docker's interface and of podman's command line. */
const conditions: Readonly<Record<string, WaitCondition>> = {
  'not-running': 'not-running',
  'next-exit': 'next-exit',
  removed: 'removed',
  removing: 'removed',
  stopped: 'not-running',
  exited: 'exited',
  configured: 'created',
  created: 'created',
  initialized: 'created',
  running: 'running',
  paused: 'paused',
  healthy: 'healthy',
  unhealthy: 'unhealthy',
}

/** `tsrun wait [OPTIONS] CONTAINER...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseHotVerb<Options>('wait', argv, cli, (command) =>
    command
      .description('Wait until containers have ended and print their exit codes; -1 for one that runs')
      .argument('<container...>', 'names or ids')
      .option(
        '--condition <condition>',
        'not-running (default), next-exit, removed, created, running, paused, exited, healthy or unhealthy; any of several (repeatable)',
        collect,
      )
      .option('--exit-first-match', 'until the first of them has ended; print only that one')
      .option('--return-on-first', 'the same')
      .option('--ignore', 'those that do not exist are no error')
      .option('-i, --interval <duration>', 'accepted: changes are seen as they come'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const waits = { containers: openContainerStore(cli.root), wanted: wantedOf(options) }
  if (options.exitFirstMatch || options.returnOnFirst) {
    cli.stdout.write(`${await firstOf(args, waits)}\n`)
    return 0
  }
  const found = new Map<string, Container>()
  return forEachWord(args, cli, async (word) => {
    try {
      const container = found.get(word) ?? waits.containers.find(word)
      found.set(word, container)
      return await firstEnd(container, waits.wanted)
    } catch (error) {
      if (!options.ignore || !(error instanceof AppError) || error.code !== 'no-such-container') throw error
      return '-1'
    }
  })
}

const wantedOf = ({ condition = ['not-running'] }: Options): readonly WaitCondition[] =>
  condition
    .flatMap((text) => text.split(','))
    .map((word) => {
      const wanted = Object.hasOwn(conditions, word) ? conditions[word] : undefined
      if (wanted !== undefined) return wanted
      const words = Object.keys(conditions).join(', ')
      throw usage('wait', `--condition ${JSON.stringify(word)}: expected one of ${words}`)
    })

interface Waits {
  readonly containers: ContainerStore
  readonly wanted: readonly WaitCondition[]
}

/** Of several containers the first that is as wanted; the others are not waited for any more. */
const firstOf = async (words: readonly string[], { containers, wanted }: Waits): Promise<string> => {
  const found = words.map((word) => containers.find(word))
  return race((signal) => found.map((container) => firstEnd(container, wanted, signal)))
}

/** The exit code when the first of some conditions holds; -1 while it runs. */
const firstEnd = async (
  container: Container,
  wanted: readonly WaitCondition[],
  outer?: AbortSignal,
): Promise<string> => {
  const end = await race((inner) => {
    const signal = outer === undefined ? inner : AbortSignal.any([inner, outer])
    return wanted.map((condition) => waitContainer(container, { condition, signal }))
  })
  if (end !== undefined) return String(end.exitCode)
  return wanted.some((condition) => neverRuns.has(condition)) ? '0' : '-1'
}

/** What holds only for containers that do not run: without an end they have never run. */
const neverRuns: ReadonlySet<WaitCondition> = new Set(['not-running', 'next-exit', 'removed', 'exited'])

/** The first of several; the others are told to stop, and waited for. */
const race = async <T>(start: (signal: AbortSignal) => readonly Promise<T>[]): Promise<T> => {
  const stop = new AbortController()
  const all = start(stop.signal)
  try {
    return await Promise.race(all)
  } finally {
    stop.abort()
    await Promise.allSettled(all)
  }
}

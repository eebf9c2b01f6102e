import { type Container, openStore, sizeCases } from '../../engine/index.ts'
import { exitCode } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { filterOf } from '../filter-words.ts'
import { confirm } from '../render/confirm.ts'
import { humanSize } from '../render/human.ts'
import { parseMilliseconds } from './parse-time.ts'
import { collect, parseVerb, usage } from './parse-verb.ts'

interface Options {
  readonly filter?: readonly string[]
  readonly force?: boolean
}

const question = 'This removes all containers that do not run.\nContinue? [y/N] '

/** `tsrun container prune [OPTIONS]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('container prune', argv, cli, (command) =>
    command
      .description('Remove all containers that do not run')
      .option('--filter <filter>', 'label=, label!=, until= (repeatable)', collect)
      .option('-f, --force', 'do not ask'),
  )
  if (!parsed) return 0
  const { force = false, filter = [] } = parsed.options
  const matches = pruneFilter(filter, cli.now())
  if (!force && !confirm(question, cli)) return 0
  const { pruneContainers } = await sizeCases()
  const { ids, reclaimed } = await pruneContainers(openStore({ root: cli.root }), matches)
  const list = ids.length === 0 ? '' : `Deleted Containers:\n${ids.map((id) => `${id}\n`).join('')}\n`
  cli.stdout.write(`${list}Total reclaimed space: ${humanSize(reclaimed)}\n`)
  return 0
}

type Matcher = (container: Container) => boolean

/** What all filters say yes to; of several `until` the earliest counts. Throws `usage`. */
export const pruneFilter = (filters: readonly string[], now: number): Matcher => {
  const matchers = filters.map((text) => matcherOf(text, now))
  return (container) => matchers.every((matches) => matches(container))
}

const matcherOf = (text: string, now: number): Matcher => {
  const { key, value } = filterOf(text) ?? { key: '', value: '' }
  if (key === 'until') {
    const until = parseMilliseconds('--filter until', value, now)
    return ({ record }) => Date.parse(record.created) < until
  }
  if (key === 'label') return (container) => hasLabel(container, value)
  if (key === 'label!') return (container) => !hasLabel(container, value)
  throw usage(
    'container prune',
    `--filter ${JSON.stringify(text)}: not supported`,
    'keys are label, label! and until',
    exitCode.failed,
  )
}

const hasLabel = ({ record }: Container, text: string): boolean => {
  const [key = '', wanted] = text.split(/=(.*)/s, 2)
  const labels = record.options.config.Labels ?? {}
  return Object.hasOwn(labels, key) && (wanted === undefined || labels[key] === wanted)
}

import { loginCases } from '../../engine/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
import type { RunVerb } from '../context.ts'
import { parseVerb, usage } from '../images/parse-verb.ts'
import { interruptible } from '../interrupt.ts'
import { userAgent } from './user-agent.ts'

interface Options {
  readonly limit?: string
  readonly filter?: string
  readonly format?: string
}

/** `tsbuild tags REPOSITORY` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('tags', argv, cli, (command) =>
    command
      .description('List the tags that a registry has of a repository')
      .argument('<repository>', 'NAME without a tag')
      .option('--limit <n>', 'stop after so many')
      .option('--filter <pattern>', 'only tags that match, with * and ?')
      .option('--format <form>', '`json` for a list in JSON'),
  )
  if (!parsed) return 0
  const { limit, filter, format } = parsed.options
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit))
    throw usage('tags', `--limit: expected a number, found ${JSON.stringify(limit)}`)
  if (format !== undefined && format !== 'json')
    throw usage('tags', `--format: expected json, found ${JSON.stringify(format)}`)
  const { remoteTags } = await loginCases()
  const most = limit === undefined ? undefined : Number(limit)
  using interrupt = interruptible()
  // What does not match is not counted.
  const asked = filter === undefined ? most : undefined
  const tags = await remoteTags(parsed.args[0] ?? '', asked, {
    env: cli.env,
    userAgent,
    signal: interrupt.signal,
  })
  // Some registries list them as their disk has them.
  const shown = tags.filter(matcher(filter)).slice(0, most).toSorted(byCodeUnit)
  cli.stdout.write(format === 'json' ? `${JSON.stringify(shown)}\n` : shown.map((tag) => `${tag}\n`).join(''))
  return 0
}

const matcher = (pattern: string | undefined): ((tag: string) => boolean) => {
  if (pattern === undefined) return () => true
  const source = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.')
  const expression = new RegExp(`^${source}$`, 's')
  return (tag) => expression.test(tag)
}

import { AppError } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { renderFailure } from '../fail.ts'
import { printableJson } from '../render/printable.ts'
import { compileTemplate } from '../render/template.ts'
import { type Found, findObject, kindOf } from './inspect-kinds.ts'
import { parseHotVerb } from './parse-verb.ts'

/** `tsrun inspect [OPTIONS] NAME...`: what is found goes to the output also when others are missing. */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseHotVerb<{
    readonly format?: string
    readonly size?: boolean
    readonly type?: string
  }>('inspect', argv, cli, (command) =>
    command
      .description('Show all that is known of containers, images, networks and volumes, as JSON')
      .argument('<name...>', 'names or ids')
      .option('--type <type>', 'only container, image, network or volume')
      .option('-s, --size', 'also what a container has changed, in bytes: SizeRw, SizeRootFs')
      .option('-f, --format <format>', 'json, or a template such as {{.State.Status}}'),
  )
  if (!parsed) return 0
  const { format, size } = parsed.options
  const kind = kindOf(parsed.options.type)
  const template =
    [undefined, '', 'json'].includes(format) || format === undefined ? undefined : compileTemplate(format)
  const found: Found[] = []
  const failures: string[] = []
  for (const word of parsed.args) {
    try {
      found.push(await findObject(word, kind, size === true, cli))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      failures.push(renderFailure(error, { program: 'tsrun' }).text)
    }
  }
  const shown = found.map(({ members }) => members)
  const json = format === 'json' ? printableJson(shown) : printableJson(shown, 4)
  cli.stdout.write(template ? shown.map((one) => `${template(one)}\n`).join('') : `${json}\n`)
  const unsized = size ? found.filter((one) => one.kind !== 'container') : []
  cli.stderr.write(unsized.map((one) => `tsrun: warning: --size is left out for a ${one.kind}\n`).join(''))
  cli.stderr.write(failures.join(''))
  return failures.length > 0 ? 1 : 0
}

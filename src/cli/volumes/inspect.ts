import { volumeCases } from '../../engine/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { renderFailure } from '../fail.ts'
import { printableJson } from '../render/printable.ts'
import { compileTemplate } from '../render/template.ts'
import { parseVerb } from './parse-verb.ts'
import { shownVolume } from './shown.ts'

/** `tsrun volume inspect [OPTIONS] VOLUME...`: what is found goes to the output also when others are missing. */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<{ readonly format?: string }>('volume inspect', argv, cli, (command) =>
    command
      .description('Show all that is known of volumes, as JSON')
      .argument('<volume...>', 'names')
      .option('-f, --format <format>', 'json, or a template such as {{.Mountpoint}}'),
  )
  if (!parsed) return 0
  const { format } = parsed.options
  const template =
    [undefined, '', 'json'].includes(format) || format === undefined ? undefined : compileTemplate(format)
  const { requireVolume } = await volumeCases()
  const found: Readonly<Record<string, unknown>>[] = []
  const failures: string[] = []
  for (const name of parsed.args) {
    try {
      found.push(shownVolume(requireVolume(cli.root, name)))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      failures.push(renderFailure(error, { program: 'tsrun' }).text)
    }
  }
  const json = format === 'json' ? printableJson(found) : printableJson(found, 4)
  cli.stdout.write(template ? found.map((one) => `${template(one)}\n`).join('') : `${json}\n`)
  cli.stderr.write(failures.join(''))
  return failures.length > 0 ? 1 : 0
}

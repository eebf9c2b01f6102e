import { inspectContainer, openContainerStore } from '../../engine/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { renderFailure } from '../fail.ts'
import { printableJson } from '../render/printable.ts'
import { compileTemplate } from '../render/template.ts'
import { parseVerb } from './parse-verb.ts'

/** `tsrun inspect [OPTIONS] CONTAINER...`: what is found goes to the output also when others are missing. */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<{ readonly format?: string; readonly size?: boolean }>(
    'inspect',
    argv,
    cli,
    (command) =>
      command
        .description('Show all that is known of containers, as JSON')
        .argument('<container...>', 'names or ids')
        .option('-f, --format <format>', 'json, or a template such as {{.State.Status}}'),
  )
  if (!parsed) return 0
  const { format } = parsed.options
  const template = format === undefined || format === 'json' ? undefined : compileTemplate(format)
  const containers = openContainerStore(cli.root)
  const found: ReturnType<typeof inspectContainer>[] = []
  const failures: string[] = []
  for (const word of parsed.args) {
    try {
      found.push(inspectContainer(containers.find(word)))
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

import {
  type Container,
  inspectContainer,
  openContainerStore,
  openStore,
  sizeCases,
} from '../../engine/index.ts'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { renderFailure } from '../fail.ts'
import { printableJson } from '../render/printable.ts'
import { compileTemplate } from '../render/template.ts'
import { parseVerb, usage } from './parse-verb.ts'

/** `tsrun inspect [OPTIONS] CONTAINER...`: what is found goes to the output also when others are missing. */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<{
    readonly format?: string
    readonly size?: boolean
    readonly type?: string
  }>('inspect', argv, cli, (command) =>
    command
      .description('Show all that is known of containers, as JSON')
      .argument('<container...>', 'names or ids')
      .option('--type <type>', 'container is the only one here')
      .option('-s, --size', 'also what it has changed, in bytes: SizeRw, SizeRootFs')
      .option('-f, --format <format>', 'json, or a template such as {{.State.Status}}'),
  )
  if (!parsed) return 0
  const { format, type, size } = parsed.options
  if (type !== undefined && type !== '' && type !== 'container')
    throw usage('inspect', `--type ${type}: not supported`, inspectHint(type), exitCode.failed)
  const template =
    [undefined, '', 'json'].includes(format) || format === undefined ? undefined : compileTemplate(format)
  const containers = openContainerStore(cli.root)
  const found: ReturnType<typeof inspectContainer>[] = []
  const failures: string[] = []
  for (const word of parsed.args) {
    try {
      found.push(await inspected(containers.find(word), size === true, cli))
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

const inspected = async (
  container: Container,
  size: boolean,
  cli: CliContext,
): Promise<ReturnType<typeof inspectContainer>> => {
  const members = inspectContainer(container)
  if (!size) return members
  const { sizeOf } = await sizeCases()
  const { own, whole } = sizeOf(openStore({ root: cli.root }), container)
  return { ...members, SizeRw: own, SizeRootFs: whole }
}

const inspectHint = (type: string): string =>
  type === 'image'
    ? 'images: `tsbuild inspect`'
    : ['volume', 'network'].includes(type)
      ? `\`tsrun ${type} inspect\` does that`
      : 'types are container, image, volume and network'

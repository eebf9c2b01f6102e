import { volumeCases } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { parseLabels } from '../run/parse-values.ts'
import { collect, parseVerb } from './parse-verb.ts'

interface Options {
  readonly driver?: string
  readonly label?: readonly string[]
  readonly name?: string
  readonly opt?: readonly string[]
}

/** `tsrun volume create [OPTIONS] [VOLUME]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('volume create', argv, cli, (command) =>
    command
      .description('Make a volume; one of that name that is there already stays as it is')
      .argument('[volume]', 'its name; a random one when left out')
      .allowExcessArguments(false)
      .option('-d, --driver <name>', 'only local')
      .option('--label <key=value>', 'set a label (repeatable)', collect)
      .option('--name <name>', 'the same as the argument')
      .option('-o, --opt <key=value>', 'type, device and o, as mount(8) has them (repeatable)', collect),
  )
  if (!parsed) return 0
  const { driver = 'local', label = [], opt = [] } = parsed.options
  const { checkDriver, createVolume } = await volumeCases()
  checkDriver(driver)
  const name = parsed.args[0] ?? parsed.options.name
  const { name: made } = await createVolume(cli.root, {
    ...(name === undefined || name === '' ? {} : { name }),
    labels: parseLabels(label),
    options: parseLabels(opt),
    now: cli.now(),
  })
  cli.stdout.write(`${made}\n`)
  return 0
}

import { fileCases, openStore } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { saveTarget } from '../images/output.ts'
import { parseVerb } from '../run/parse-verb.ts'

/** `tsrun export [OPTIONS] CONTAINER` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<{ readonly output?: string }>('export', argv, cli, (command) =>
    command
      .description("Write a container's file system as a tar, without what is mounted in it")
      .argument('<container>', 'name or id')
      .option('-o, --output <file>', 'write to a file instead of the standard output'),
  )
  if (!parsed) return 0
  const target = saveTarget('export', parsed.options.output, cli)
  const { exportContainer } = await fileCases()
  await exportContainer(openStore({ root: cli.root }), parsed.args[0] ?? '', target)
  return 0
}

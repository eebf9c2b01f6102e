import { openContainerStore, renameContainer } from '../../engine/index.ts'
import { exitCode } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { parseVerb, usage } from './parse-verb.ts'

/** `tsrun rename CONTAINER NEW_NAME` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb('rename', argv, cli, (command) =>
    command
      .description('Give a container another name')
      .argument('<container>', 'name or id')
      .argument('<name>', 'the new name'),
  )
  if (!parsed) return 0
  const [word = '', name = ''] = parsed.args
  const containers = openContainerStore(cli.root)
  const container = containers.find(word)
  if (container.record.name === name.replace(/^\//, ''))
    throw usage('rename', `${name} is its name already`, undefined, exitCode.failed)
  renameContainer(containers, container, name.replace(/^\//, ''))
  return 0
}

import { networkCases } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { parseVerb } from './parse-verb.ts'

/** `tsrun network disconnect [OPTIONS] NETWORK CONTAINER` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb('network disconnect', argv, cli, (command) =>
    command
      .description('Take a container off a network')
      .argument('<network>', 'name or id')
      .argument('<container>', 'name or id')
      .allowExcessArguments(false)
      .option('-f, --force', 'accepted: what is connected can always be disconnected'),
  )
  if (!parsed) return 0
  const [network = '', container = ''] = parsed.args
  const { disconnect } = await networkCases()
  await disconnect(cli, { network, container })
  return 0
}

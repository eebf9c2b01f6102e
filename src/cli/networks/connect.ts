import { networkCases } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { parseNetwork } from '../run/parse-network.ts'
import { collect, parseVerb, usage } from './parse-verb.ts'

interface Options {
  readonly alias?: readonly string[]
  readonly driverOpt?: readonly string[]
  readonly gwPriority?: string
  readonly ip?: string
  readonly ip6?: string
}

/** `tsrun network connect [OPTIONS] NETWORK CONTAINER` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('network connect', argv, cli, (command) =>
    command
      .description('Put a container on a network')
      .argument('<network>', 'name or id')
      .argument('<container>', 'name or id')
      .allowExcessArguments(false)
      .option('--alias <name>', 'another name on the network (repeatable)', collect)
      .option('--driver-opt <key=value>', 'not supported (repeatable)', collect)
      .option('--gw-priority <number>', 'the highest one has the default route')
      .option('--ip <address>', 'its IPv4 address on the network')
      .option('--ip6 <address>', 'its IPv6 address on the network'),
  )
  if (!parsed) return 0
  const { alias = [], driverOpt, gwPriority, ip, ip6 } = parsed.options
  if (driverOpt) throw usage('network connect', '--driver-opt: not supported')
  const [network = '', container = ''] = parsed.args
  const said = Object.entries({ ip, ip6, 'gw-priority': gwPriority }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${value}`],
  )
  const words = [...said, ...alias.flatMap((word) => word.split(',')).map((word) => `alias=${word}`)]
  const wish = parseNetwork(['name=x', ...words].join(','))
  const { connect } = await networkCases()
  await connect(cli, { network, container }, wish)
  return 0
}

import { networkCases } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { networkOfFields, parseLink } from '../run/parse-network.ts'
import { collect, parseVerb } from './parse-verb.ts'

interface Options {
  readonly alias?: readonly string[]
  readonly driverOpt?: readonly string[]
  readonly gwPriority?: string
  readonly ip?: string
  readonly ip6?: string
  readonly link?: readonly string[]
  readonly linkLocalIp?: readonly string[]
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
      .option('--driver-opt <key=value>', 'an option of the interface (repeatable)', collect)
      .option('--gw-priority <number>', 'the highest one has the default route')
      .option('--ip <address>', 'its IPv4 address on the network')
      .option('--ip6 <address>', 'its IPv6 address on the network')
      .option('--link <container:alias>', 'add another container to /etc/hosts (repeatable)', collect)
      .option('--link-local-ip <address>', 'a further address, of 169.254.0.0/16 or fe80::/10', collect),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const [network = '', container = ''] = args
  const wish = networkOfFields(['name=x', ...fieldsOf(options)])
  const { connect } = await networkCases()
  await connect(cli, { network, container }, wish, (options.link ?? []).map(parseLink))
  return 0
}

const fieldsOf = (options: Options): readonly string[] => [
  ...named('ip', options.ip),
  ...named('ip6', options.ip6),
  ...named('gw-priority', options.gwPriority),
  ...(options.alias ?? []).flatMap((word) => word.split(',')).flatMap((word) => named('alias', word)),
  ...(options.linkLocalIp ?? []).flatMap((word) => named('link-local-ip', word)),
  ...(options.driverOpt ?? []).flatMap((word) => named('driver-opt', word)),
]

const named = (key: string, value: string | undefined): readonly string[] =>
  value === undefined ? [] : [`${key}=${value}`]

import { networkCases } from '../../engine/index.ts'
import { exitCode } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { pairs, parseLabels } from '../run/parse-values.ts'
import { booleanOf } from '../value-forms.ts'
import { collect, parseVerb, usage } from './parse-verb.ts'

interface Options {
  readonly attachable?: boolean
  readonly auxAddress?: readonly string[]
  readonly configFrom?: string
  readonly configOnly?: boolean
  readonly driver?: string
  readonly gateway?: readonly string[]
  readonly ingress?: boolean
  readonly internal?: boolean
  readonly ipRange?: readonly string[]
  readonly ipamDriver?: string
  readonly ipv4?: string
  readonly ipv6?: boolean
  readonly label?: readonly string[]
  readonly opt?: readonly string[]
  readonly scope?: string
  readonly subnet?: readonly string[]
}

/** `tsrun network create [OPTIONS] NETWORK` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('network create', argv, cli, (command) =>
    command
      .description('Make a network')
      .argument('<network>', 'its name')
      .allowExcessArguments(false)
      .option('--attachable', 'accepted: every container can be connected')
      .option('--aux-address <name=address>', 'an address that no container gets (repeatable)', collect)
      .option('--config-from <network>', 'not supported: there are no clusters')
      .option('--config-only', 'not supported: there are no clusters')
      .option('-d, --driver <name>', 'only bridge')
      .option('--gateway <address>', 'the address of this machine on it (repeatable)', collect)
      .option('--ingress', 'not supported: there are no clusters')
      .option('--internal', 'nothing leads out of it')
      .option('--ip-range <cidr>', 'where addresses of containers are taken from (repeatable)', collect)
      .option('--ipam-driver <name>', 'only default')
      .option('--ipam-opt <key=value>', 'accepted: the default driver has none (repeatable)', collect)
      .option('--ipv4 <boolean>', 'addresses of IPv4; on unless it is --ipv4=false')
      .option('--ipv6', 'addresses of IPv6')
      .option('--label <key=value>', 'set a label (repeatable)', collect)
      .option('-o, --opt <key=value>', 'an option of the driver (repeatable)', collect)
      .option('--scope <scope>', 'only local')
      .option('--subnet <cidr>', 'ADDRESS/PREFIX, of each family one (repeatable)', collect),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  refuseUnsupported(options)
  const { makeNetwork } = await networkCases()
  const made = await makeNetwork(cli, {
    name: args[0] ?? '',
    driver: options.driver ?? 'bridge',
    subnets: words(options.subnet),
    ranges: words(options.ipRange),
    gateways: words(options.gateway),
    reserved: pairs('--aux-address', words(options.auxAddress)),
    internal: options.internal ?? false,
    attachable: options.attachable ?? false,
    ipv4: truth('--ipv4', options.ipv4 ?? 'true'),
    ipv6: options.ipv6 ?? false,
    labels: parseLabels(options.label ?? []),
    options: parseLabels(options.opt ?? []),
    now: cli.now(),
  })
  cli.stdout.write(`${made.id}\n`)
  return 0
}

const refuseUnsupported = ({ configFrom, configOnly, ingress, ipamDriver, scope }: Options): void => {
  const no = (what: string, hint: string): never => {
    throw usage('network create', `${what}: not supported`, hint, exitCode.failed)
  }
  if (ipamDriver !== undefined && ipamDriver !== 'default')
    no(`--ipam-driver ${ipamDriver}`, 'only default is')
  if (scope !== undefined && scope !== 'local') no(`--scope ${scope}`, 'only local is')
  if (configOnly || configFrom !== undefined || ingress)
    no('--config-only, --config-from and --ingress', 'they are about clusters of machines')
}

/** Docker takes several in one word, with commas. */
const words = (given: readonly string[] = []): readonly string[] => given.flatMap((word) => word.split(','))

const truth = (flag: string, given: string): boolean => {
  const value = booleanOf(given)
  if (value !== undefined) return value
  throw usage('network create', `${flag} ${JSON.stringify(given)}: expected true or false`)
}

import { isIP } from 'node:net'
import type { CreateOptions } from '../../engine/index.ts'
import type { CliContext } from '../context.ts'
import type { NetworkFlags } from './network-flags.ts'
import { type NetworkWord, networkOfFields, parseLink, parseNetwork } from './parse-network.ts'
import { parseExpose, parsePublish } from './parse-ports.ts'
import { parseExtraHost } from './parse-values.ts'
import { usage } from './parse-verb.ts'

/** The networks of a container and what it shows there. Tells on the standard error what is left out. Throws `usage`. */
export const networking = (flags: NetworkFlags, cli: CliContext): CreateOptions => {
  const words = [...(flags.network ?? []), ...(flags.net ?? [])].map(parseNetwork)
  requireFitting(words)
  const [first = { network: 'bridge' }, ...others] = words
  const main = withFlags(first, flags)
  const links = (flags.link ?? []).map(parseLink)
  const published = ports(flags)
  if (main.network === 'host' && (published.ports.length > 0 || published.publishAll))
    cli.stderr.write(
      "tsrun: warning: published ports are left out: the container shares the host's network\n",
    )
  return {
    network: main.network,
    ...(isNetwork(main.network) ? { networks: [main, ...others] } : {}),
    ...(links.length > 0 ? { links } : {}),
    ...published,
    ...files(flags),
  }
}

const ports = (flags: NetworkFlags) => ({
  ports: (flags.publish ?? []).flatMap(parsePublish),
  publishAll: flags.publishAll ?? false,
  expose: (flags.expose ?? []).flatMap(parseExpose),
})

const files = ({ addHost = [], dns = [], dnsSearch = [], dnsOption = [] }: NetworkFlags) => {
  for (const server of dns)
    if (isIP(server) === 0) throw usage('run', `--dns ${JSON.stringify(server)}: expected an IP address`)
  return { extraHosts: addHost.map(parseExtraHost), dns, dnsSearch, dnsOptions: dnsOption }
}

const isNetwork = (mode: string): boolean =>
  mode !== 'host' && mode !== 'none' && !mode.startsWith('container:')

const isUserDefined = (mode: string): boolean => isNetwork(mode) && mode !== 'bridge'

const requireFitting = (words: readonly NetworkWord[]): void => {
  const names = words.map(({ network }) => network)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw usage('run', `--network ${twice}: given twice`)
  if (names.length > 1 && !names.every(isUserDefined))
    throw usage(
      'run',
      '--network: bridge, host, none and container:NAME cannot be used together with other networks',
      'put a container on the default bridge as well with: tsrun network connect bridge CONTAINER',
    )
}

/** Flags about addresses are about the first network. */
const withFlags = (first: NetworkWord, flags: NetworkFlags): NetworkWord => {
  const aliases = [...(flags.networkAlias ?? []), ...(flags.netAlias ?? [])]
  const twice = (flag: string, a: unknown, b: unknown): void => {
    if (a !== undefined && b !== undefined)
      throw usage('run', `${flag}: it is said in --network too`, 'say it once')
  }
  twice('--ip', flags.ip, first.ipv4)
  twice('--ip6', flags.ip6, first.ipv6)
  twice('--mac-address', flags.macAddress, first.macAddress)
  twice('--network-alias', aliases[0], first.aliases)
  twice('--link-local-ip', flags.linkLocalIp, first.linkLocal)
  const word = parseFields([
    ...said('ip', flags.ip),
    ...said('ip6', flags.ip6),
    ...said('mac-address', flags.macAddress),
    ...(flags.linkLocalIp ?? []).flatMap((address) => said('link-local-ip', address)),
  ])
  const all = [...(first.aliases ?? []), ...aliases]
  if (all.length > 0 && !isUserDefined(first.network))
    throw usage(
      'run',
      '--network-alias: only networks made with network create have names',
      'name one with --network',
    )
  return { ...first, ...word, ...(all.length > 0 ? { aliases: all } : {}) }
}

const said = (key: string, value: string | undefined): readonly string[] =>
  value === undefined ? [] : [`${key}=${value}`]

const parseFields = (fields: readonly string[]): Partial<NetworkWord> => {
  if (fields.length === 0) return {}
  const { network: _, ...word } = networkOfFields(['name=x', ...fields])
  return word
}

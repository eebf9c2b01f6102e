import type { FlagCommand } from '../flag-table.ts'
import { collect } from './parse-verb.ts'

/** Options of `run` and `create` about networks. */
export interface NetworkFlags {
  readonly network?: readonly string[]
  readonly net?: readonly string[]
  readonly networkAlias?: readonly string[]
  readonly netAlias?: readonly string[]
  readonly ip?: string
  readonly ip6?: string
  readonly macAddress?: string
  readonly linkLocalIp?: readonly string[]
  readonly link?: readonly string[]
  readonly publish?: readonly string[]
  readonly publishAll?: boolean
  readonly expose?: readonly string[]
  readonly addHost?: readonly string[]
  readonly dns?: readonly string[]
  readonly dnsSearch?: readonly string[]
  readonly dnsOption?: readonly string[]
}

/** Declares them. */
export const defineNetworkFlags = <C extends FlagCommand>(command: C): C =>
  command
    .option(
      '--network <network>',
      'bridge, host, none, container:NAME, or a network with ,alias=..,ip=.. (repeatable)',
      collect,
    )
    .option('--net <network>', 'the same', collect)
    .option('--network-alias <name>', 'another name on the network (repeatable)', collect)
    .option('--net-alias <name>', 'the same', collect)
    .option('--ip <address>', 'its IPv4 address on the network')
    .option('--ip6 <address>', 'its IPv6 address on the network')
    .option('--mac-address <address>', 'its hardware address on the network')
    .option(
      '--link-local-ip <address>',
      'a further address, of 169.254.0.0/16 or fe80::/10 (repeatable)',
      collect,
    )
    .option('--link <container:alias>', 'add another container to /etc/hosts (repeatable)', collect)
    .option('-p, --publish <ports>', 'publish a port, [[IP:]HOSTPORT:]PORT[/udp] (repeatable)', collect)
    .option('-P, --publish-all', 'publish every exposed port on a free one')
    .option('--expose <port>', 'expose a port (repeatable)', collect)
    .option('--add-host <name:address>', 'add a line to /etc/hosts (repeatable)', collect)
    .option('--dns <address>', 'a name server (repeatable)', collect)
    .option('--dns-search <domain>', 'a search domain (repeatable)', collect)
    .option('--dns-option <option>', 'an option of resolv.conf (repeatable)', collect)

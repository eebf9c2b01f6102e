import {
  type Endpoint,
  hostsFileFor,
  readHostHosts,
  readHostResolvConf,
  resolvConfFor,
  serversFor,
} from '../network/index.ts'
import { linesOfLinks } from './container-networks.ts'
import type { ContainerStore } from './container-store.ts'
import { stateFile } from './state-files.ts'
import type { Container, ContainerOptions } from './types.ts'

/** Word of --add-host that stands for the host's own address on the bridge. */
const hostGateway = 'host-gateway'

/** Where the monitor answers queries of a container that is on networks with names. */
const resolverAddress = '127.0.0.11'

/** The texts of a container's network files, by name: hosts, hostname, resolv.conf, and what its name server knows. */
export const networkFiles = (
  container: Container,
  endpoints: readonly Endpoint[],
  containers: ContainerStore,
): readonly (readonly [string, string])[] => {
  const { options } = container.record
  return [
    [stateFile.hosts, hostsOf(container, endpoints, containers)],
    [stateFile.hostname, `${options.hostname}\n`],
    [stateFile.resolvConf, resolvConfOf(options, endpoints)],
    [stateFile.resolver, resolverText(options, endpoints)],
  ]
}

const hostsOf = (
  { record }: Container,
  endpoints: readonly Endpoint[],
  containers: ContainerStore,
): string => {
  const { options } = record
  // As docker: what the host knows, unless something is added to it.
  if (options.network === 'host' && options.extraHosts.length === 0) return readHostHosts()
  const gateway = endpoints.find(({ gateway4 }) => gateway4 !== undefined)?.gateway4 ?? '127.0.0.1'
  return hostsFileFor({
    hostname: options.hostname,
    ...(options.domainname === undefined ? {} : { domainname: options.domainname }),
    addresses: addressesOf(endpoints),
    extra: [
      ...options.extraHosts.map(({ name, address }) => ({
        name,
        address: address === hostGateway ? gateway : address,
      })),
      ...linesOfLinks(options, endpoints, containers),
    ],
  })
}

const addressesOf = (endpoints: readonly Endpoint[]): readonly string[] =>
  endpoints.flatMap((endpoint) =>
    [endpoint.interface.ipv4, endpoint.interface.ipv6].flatMap((one) => (one ? [one.address] : [])),
  )

const resolvConfOf = (options: ContainerOptions, endpoints: readonly Endpoint[]): string => {
  const kind = kindOf(options.network)
  return resolvConfFor(readHostResolvConf(kind), {
    kind,
    servers: options.dns,
    search: options.dnsSearch,
    options: options.dnsOptions,
    ...(hasNames(endpoints) ? { resolver: resolverAddress } : {}),
  })
}

/**
 * What the monitor reads at every query: directories of names, and servers for everything else, which are asked from the host,
 * or from inside the container when the user named them. From internal networks nothing is asked outside.
 */
const resolverText = (options: ContainerOptions, endpoints: readonly Endpoint[]): string => {
  if (!hasNames(endpoints)) return ''
  const names = endpoints.flatMap(({ namesDir }) => (namesDir === undefined ? [] : [`names ${namesDir}`]))
  const own = options.dns.map((server) => `inside ${server}`)
  const outward = endpoints.some(({ internal }) => !internal)
  const hosts = serversFor(readHostResolvConf('host'), { kind: 'host' }).map((server) => `host ${server}`)
  return [...names, ...(own.length > 0 ? own : outward ? hosts : []), ''].join('\n')
}

const hasNames = (endpoints: readonly Endpoint[]): boolean =>
  endpoints.some(({ namesDir }) => namesDir !== undefined)

const kindOf = (mode: string): 'bridge' | 'host' | 'none' =>
  mode === 'host' || mode === 'none' ? mode : 'bridge'

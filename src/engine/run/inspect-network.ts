import { byCodeUnit } from '../../foundation/filetree/index.ts'
import {
  type Container,
  donorOf,
  isLive,
  type NetworkState,
  type PortMapping,
  type PublishedPort,
  readNetwork,
  wishesOf,
} from '../../runtime/container/index.ts'
import { type Endpoint, type EndpointWish, openNetworkStore } from '../../runtime/network/index.ts'

type Json = Readonly<Record<string, unknown>>

/** NetworkSettings of `docker inspect`. */
export const networkSettingsOf = (container: Container, ports: readonly PublishedPort[]): Json => {
  const { record } = container
  const endpoints = liveEndpoints(container)
  const bridge = endpoints.find(({ network }) => network === 'bridge')
  const bindings = new Map<string, { readonly HostIp: string; readonly HostPort: string }[]>()
  for (const port of ports) {
    const key = `${port.containerPort}/${port.protocol}`
    const binding = { HostIp: port.hostAddress, HostPort: String(port.hostPort) }
    bindings.set(key, [...(bindings.get(key) ?? []), binding])
  }
  const exposed = Object.keys(record.options.config.ExposedPorts ?? {}).map((key) => [key, null] as const)
  return {
    Bridge: '',
    Ports: Object.fromEntries([...exposed, ...bindings]),
    // Docker keeps these for the default bridge alone.
    ...addressesOf(bridge),
    MacAddress: bridge?.interface.macAddress ?? '',
    EndpointID: bridge?.id ?? '',
    Networks: Object.fromEntries(
      memberships(container).map((wish) => [wish.network, networkOf(container, wish, endpoints)]),
    ),
  }
}

/** HostConfig.PortBindings: what was asked for, by port of the container. */
export const portBindingsOf = (ports: readonly PortMapping[]): Json => {
  const bindings = new Map<string, { readonly HostIp: string; readonly HostPort: string }[]>()
  for (const port of ports) {
    const { hostAddress = '', hostPort, lastHostPort } = port
    const binding = {
      HostIp: hostAddress,
      HostPort: [hostPort === 0 ? '' : hostPort, ...(lastHostPort === undefined ? [] : [lastHostPort])].join(
        '-',
      ),
    }
    const key = `${port.containerPort}/${port.protocol}`
    bindings.set(key, [...(bindings.get(key) ?? []), binding])
  }
  return Object.fromEntries([...bindings].toSorted(([a], [b]) => byCodeUnit(a, b)))
}

/** The networks of a container that runs, as they are now. */
export const liveEndpoints = (container: Container): readonly Endpoint[] => {
  const state: NetworkState | undefined = isLive(container.status) ? readNetwork(container.dir) : undefined
  return state?.endpoints ?? []
}

/** Names of the networks of a container, as `docker ps` and `docker inspect` show them. */
export const networkNamesOf = (container: Container): readonly string[] =>
  memberships(container).map(({ network }) => network)

/** HostConfig.NetworkMode */
export const networkModeOf = ({ record }: Container): string => record.options.network

const memberships = ({ record }: Container): readonly EndpointWish[] => {
  const { network } = record.options
  if (network === 'host' || network === 'none') return [{ network }]
  const wishes = donorOf(network) === undefined ? wishesOf(record.options) : []
  return wishes.toSorted((a, b) => byCodeUnit(a.network, b.network))
}

const networkOf = (container: Container, wish: EndpointWish, endpoints: readonly Endpoint[]): Json => {
  const live = endpoints.find(
    ({ network, networkId }) => wish.network === network || wish.network === networkId,
  )
  const config = {
    ...(wish.ipv4 === undefined ? {} : { IPv4Address: wish.ipv4 }),
    ...(wish.ipv6 === undefined ? {} : { IPv6Address: wish.ipv6 }),
    ...(wish.linkLocal === undefined ? {} : { LinkLocalIPs: wish.linkLocal }),
  }
  const aliases = wish.aliases ?? []
  return {
    IPAMConfig: Object.keys(config).length > 0 ? config : null,
    Links: null,
    Aliases: aliases.length > 0 ? aliases : null,
    MacAddress: live?.interface.macAddress ?? wish.macAddress ?? '',
    DriverOpts: wish.driverOptions ?? null,
    GwPriority: wish.gatewayPriority ?? 0,
    NetworkID: live?.networkId ?? openNetworkStore(rootOf(container)).get(wish.network)?.id ?? '',
    EndpointID: live?.id ?? '',
    ...addressesOf(live),
    DNSNames: live?.namesDir === undefined ? null : live.names,
  }
}

/** The store that a container's directory is in: ROOT/containers/ID. */
const rootOf = ({ dir }: Container): string => dir.split('/').slice(0, -2).join('/')

const addressesOf = (live: Endpoint | undefined): Json => ({
  Gateway: live?.gateway4 ?? '',
  IPAddress: live?.interface.ipv4?.address ?? '',
  IPPrefixLen: live?.interface.ipv4?.prefix ?? 0,
  IPv6Gateway: live?.gateway6 ?? '',
  GlobalIPv6Address: live?.interface.ipv6?.address ?? '',
  GlobalIPv6PrefixLen: live?.interface.ipv6?.prefix ?? 0,
})

import { join } from 'node:path'
import type { InterfaceAddress } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { randomHex, removeFile } from '../../foundation/sys/index.ts'
import { newHostInterface } from './attach.ts'
import { networkDir, openBridge } from './bridge.ts'
import { contains, endsOf, hostsOf, parseAddress, parseCidr } from './cidr.ts'
import { endpointOptions } from './endpoint-options.ts'
import { NetworkError } from './errors.ts'
import { macFor } from './ipv4.ts'
import { claimFirst, noFreeAddress, sweepLeases } from './leases.ts'
import { publishNames } from './names.ts'
import { liveDir, openNetworkBridge, removeNetworkBridge } from './network-bridge.ts'
import {
  bridgeOption,
  isPredefined,
  type NetworkRecord,
  type NetworkSubnet,
  saysNo,
} from './network-record.ts'
import type { Endpoint, EndpointWish, LeaseOwner } from './types.ts'

export interface EndpointRequest {
  readonly runDir: HostPath
  readonly record: NetworkRecord
  readonly wish: EndpointWish
  readonly owner: LeaseOwner
  /** The container's name and its short id. */
  readonly name: string
  readonly shortId: string
  /** Whether the network has not been removed in the meantime. */
  readonly exists: () => boolean
}

/** What is there of a network when somebody joins it. */
interface OpenNetwork {
  readonly bridge: string
  readonly subnets: readonly NetworkSubnet[]
  readonly leases: HostPath
  readonly names?: HostPath
}

/**
 * Makes a container a member of a network: addresses and names of it are taken. The interface has no name and no default route
 * yet (`arrange`). Throws `address-in-use`, `bad-address`, `no-free-address`, and what opening the network throws.
 */
export const openEndpoint = async (request: EndpointRequest): Promise<Endpoint> => {
  const { record, wish, owner } = request
  checkEndpointWish(record, wish)
  const open = await openNetwork(request)
  const leases: HostPath[] = []
  try {
    const ipv4 = claim(request, open, 4, leases)
    const ipv6 = claim(request, open, 6, leases)
    if (!request.exists()) throw removed(record)
    const addresses = [ipv4, ipv6].flatMap((one) => (one ? [one.address] : []))
    const names = [...new Set([request.name, ...(wish.aliases ?? []), request.shortId])]
    if (open.names !== undefined)
      leases.push(...publishNames(open.names, { names, network: record.name, addresses }, owner))
    const macAddress = wish.macAddress ?? (ipv4 ? macFor(ipv4.address) : undefined)
    return {
      network: record.name,
      networkId: record.id,
      id: randomHex(32),
      internal: record.internal,
      priority: wish.gatewayPriority ?? 0,
      ...(ipv4 ? { gateway4: ipv4.gateway } : {}),
      ...(ipv6 ? { gateway6: ipv6.gateway } : {}),
      interface: {
        ...endpointOptions(record, wish),
        bridge: open.bridge,
        hostInterface: newHostInterface(),
        ...(macAddress === undefined ? {} : { macAddress }),
        ...(ipv4 ? { ipv4: withoutGateway(ipv4) } : {}),
        ...(ipv6 ? { ipv6: withoutGateway(ipv6) } : {}),
        ...mtuOf(record),
        ...(saysNo(record.options[bridgeOption.connectivity]) ? { isolated: true } : {}),
      },
      names,
      ...(open.names === undefined ? {} : { namesDir: open.names }),
      leases,
    }
  } catch (error) {
    for (const path of leases) removeFile(path)
    if (!request.exists()) await removeNetworkBridge(request.runDir, record)
    throw error
  }
}

const removed = (record: NetworkRecord): NetworkError =>
  new NetworkError('no-such-network', `join network ${record.name}: it was removed just now`)

/** Throws `bad-address` for what the network cannot give. */
export const checkEndpointWish = (record: NetworkRecord, wish: EndpointWish): void => {
  const bad = (why: string, hint?: string): NetworkError =>
    new NetworkError('bad-address', `join network ${record.name}: ${why}`, hint === undefined ? {} : { hint })
  if (isPredefined(record.name) && (wish.aliases ?? []).length > 0)
    throw bad('aliases are for networks that were made with network create')
  endpointOptions(record, wish)
  for (const text of [wish.ipv4, wish.ipv6]) {
    if (text === undefined) continue
    const address = parseAddress(text)
    if (!address) throw bad(`${JSON.stringify(text)} is not an address`)
    if (isPredefined(record.name))
      throw bad('addresses can be chosen on networks that were made with --subnet')
    const inside = record.subnets.find(({ subnet }) => {
      const cidr = parseCidr(subnet)
      return cidr && contains(cidr, address.family, address.value)
    })
    if (!inside && record.subnets.every(({ chosen }) => chosen))
      throw bad('addresses can be chosen on networks that were made with --subnet')
    if (!inside)
      throw bad(`${text} is in none of its subnets`, record.subnets.map(({ subnet }) => subnet).join(', '))
    if (inside.chosen) throw bad('addresses can be chosen in subnets that were given with --subnet')
  }
}

const openNetwork = async ({ runDir, record }: EndpointRequest): Promise<OpenNetwork> => {
  if (record.name === 'bridge') {
    const { name, network, prefix, gateway } = await openBridge(runDir)
    const leases = join(networkDir(runDir), 'leases')
    return { bridge: name, subnets: [{ subnet: `${network}/${prefix}`, gateway }], leases }
  }
  const dir = liveDir(runDir, record)
  const names = join(dir, 'names')
  const bridge = await openNetworkBridge(runDir, record)
  return { bridge, subnets: record.subnets, leases: join(dir, 'leases'), names }
}

type Claimed = InterfaceAddress & { readonly gateway: string }

const claim = (
  { record, wish, owner }: EndpointRequest,
  open: OpenNetwork,
  family: 4 | 6,
  leases: HostPath[],
): Claimed | undefined => {
  const subnet = open.subnets.find((one) => one.subnet.includes(':') === (family === 6))
  const cidr = subnet && parseCidr(subnet.subnet)
  if (!subnet || !cidr) return undefined
  const wanted = family === 4 ? wish.ipv4 : wish.ipv6
  const reserved = new Set([subnet.gateway, ...Object.values(subnet.reserved ?? {}), ...endsOf(cidr)])
  const range = subnet.range === undefined ? cidr : parseCidr(subnet.range)
  const candidates = function* (): Generator<string> {
    for (const address of wanted === undefined ? hostsOf(cidr, range) : [wanted])
      if (!reserved.has(address)) yield address
  }
  const lease = claimFirst(open.leases, candidates, owner)
  if (!lease && wanted !== undefined)
    throw new NetworkError(
      'address-in-use',
      `join network ${record.name}: address ${wanted} is already in use`,
    )
  if (!lease) throw noFreeAddress(subnet.subnet)
  leases.push(lease.path)
  if (open.names !== undefined && leases.length === 1) sweepNames(open.names)
  return { address: lease.address, prefix: cidr.prefix, gateway: subnet.gateway }
}

const sweepNames = (dir: HostPath): void => {
  try {
    sweepLeases(dir)
  } catch {
    // Nobody has a name yet.
  }
}

const withoutGateway = ({ address, prefix }: Claimed): InterfaceAddress => ({ address, prefix })

const mtuOf = ({ options }: NetworkRecord): { readonly mtu?: number } => {
  const text = options[bridgeOption.mtu]
  return text === undefined ? {} : { mtu: Number(text) }
}

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../foundation/oci/index.ts'
import { acquireLock } from '../foundation/sys/index.ts'
import {
  type ConnectRequest,
  type Container,
  type ContainerLink,
  connectContainer,
  disconnectContainer,
  openContainerStore,
  readNetwork,
} from '../runtime/container/index.ts'
import {
  createNetwork,
  type Endpoint,
  type EndpointWish,
  hasLeases,
  isPredefined,
  NetworkError,
  type NetworkRecord,
  type NetworkSubnet,
  type NetworkWish,
  networkDir,
  openNetworkStore,
  readBridge,
  removeNetworkBridge,
} from '../runtime/network/index.ts'

import { journalIn, tell } from '../store/journal/index.ts'

export type { NetworkRecord, NetworkWish } from '../runtime/network/index.ts'

/** Where networks are written down, and where what is live of them is. */
export interface NetworkPlaces {
  readonly root: HostPath
  readonly runRoot: HostPath
}

/** A running container on a network. */
export interface NetworkMember {
  readonly container: Container
  readonly endpoint: Endpoint
}

/** Throws what `createNetwork` of the runtime throws. */
export const makeNetwork = async (
  { root, runRoot }: NetworkPlaces,
  wish: NetworkWish,
): Promise<NetworkRecord> => {
  const record = await createNetwork(openNetworkStore(root), runRoot, wish)
  tellOf(root, 'create', record)
  return record
}

const tellOf = (root: HostPath, Action: string, { id, name, driver }: NetworkRecord): void =>
  tell(journalIn(root), {
    Type: 'network',
    Action,
    Actor: { ID: id, Attributes: { name, type: driver } },
  })

/** Sorted by name, the predefined ones among them. */
export const listNetworks = ({ root }: NetworkPlaces): readonly NetworkRecord[] =>
  openNetworkStore(root).list()

/** By name, id or a prefix of it. Throws `no-such-network`, `ambiguous-network`. */
export const findNetwork = ({ root }: NetworkPlaces, text: string): NetworkRecord =>
  openNetworkStore(root).find(text)

/** The running containers of every network, by its id. */
export const networkMembers = ({ root }: NetworkPlaces): ReadonlyMap<string, readonly NetworkMember[]> => {
  const members = new Map<string, NetworkMember[]>()
  for (const container of openContainerStore(root).list()) {
    if (container.status.kind !== 'running' && container.status.kind !== 'restarting') continue
    for (const endpoint of readNetwork(container.dir)?.endpoints ?? []) {
      const list = members.get(endpoint.networkId) ?? []
      members.set(endpoint.networkId, [...list, { container, endpoint }])
    }
  }
  return members
}

/** The subnets of a network; of the default bridge those that it has now, if it was used since the machine started. */
export const subnetsOf = ({ runRoot }: NetworkPlaces, record: NetworkRecord): readonly NetworkSubnet[] => {
  if (record.name !== 'bridge') return record.subnets
  const bridge = readBridge(networkDir(runRoot))
  return bridge ? [{ subnet: `${bridge.network}/${bridge.prefix}`, gateway: bridge.gateway }] : []
}

/** Removes a network, its bridge and its rules; gives its name. Throws `no-such-network`, `predefined-network`, `network-in-use`. */
export const removeNetwork = async (places: NetworkPlaces, text: string): Promise<string> => {
  const networks = openNetworkStore(places.root)
  const record = networks.find(text)
  if (isPredefined(record.name))
    throw new NetworkError('predefined-network', `remove network ${record.name}: it is predefined`)
  await dismantle(places, record)
  return record.name
}

/**
 * Whoever joins takes a lease and then looks whether the network is there still; here it goes first, and then leases are looked
 * for: of two at the same time one at least sees the other.
 */
const dismantle = async (places: NetworkPlaces, record: NetworkRecord): Promise<void> => {
  const networks = openNetworkStore(places.root)
  const members = networkMembers(places).get(record.id) ?? []
  if (members.length > 0)
    throw inUse(record, members.map(({ container }) => container.record.name).join(', '))
  const directory = networkDir(places.runRoot)
  const lock = existsSync(directory) ? await acquireLock(join(directory, 'create.lock')) : undefined
  try {
    networks.remove(record)
    if (hasLeases(places.runRoot, record)) {
      networks.add(record)
      throw inUse(record, 'a container that is just starting')
    }
    await removeNetworkBridge(places.runRoot, record)
    tellOf(places.root, 'destroy', record)
  } finally {
    lock?.release()
  }
}

const inUse = (record: NetworkRecord, users: string): NetworkError =>
  new NetworkError('network-in-use', `remove network ${record.name}: it is in use by ${users}`, {
    hint: `stop them, or take them off it with: tsrun network disconnect ${record.name} CONTAINER`,
  })

/** Removes the networks that no running container is on and that match; gives their names. */
export const pruneNetworks = async (
  places: NetworkPlaces,
  matches: (record: NetworkRecord) => boolean,
): Promise<readonly string[]> => {
  const members = networkMembers(places)
  const removed: string[] = []
  for (const record of listNetworks(places)) {
    if (isPredefined(record.name) || members.has(record.id) || !matches(record)) continue
    try {
      await dismantle(places, record)
      removed.push(record.name)
    } catch (error) {
      // Somebody has joined it in the meantime.
      if (!(error instanceof NetworkError) || error.code !== 'network-in-use') throw error
    }
  }
  return removed
}

interface Pair {
  /** Names or ids. */
  readonly network: string
  readonly container: string
}

/** Puts a container on a network; links are about others on it. Throws `no-such-network`, `no-such-container`, and what `connectContainer` throws. */
export const connect = (
  places: NetworkPlaces,
  pair: Pair,
  wish: EndpointWish,
  links: readonly ContainerLink[] = [],
): Promise<void> => {
  const request = requestOf(places, pair)
  return connectContainer(request, { ...wish, network: request.network.name }, links)
}

/** Takes it off. Throws `no-such-network`, `no-such-container`, and what `disconnectContainer` throws. */
export const disconnect = (places: NetworkPlaces, pair: Pair): Promise<void> =>
  disconnectContainer(requestOf(places, pair))

const requestOf = ({ root, runRoot }: NetworkPlaces, { network, container }: Pair): ConnectRequest => {
  const containers = openContainerStore(root)
  return {
    containers,
    network: openNetworkStore(root).find(network),
    container: containers.find(container),
    runDir: runRoot,
  }
}

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InternalError } from '../../foundation/errors/index.ts'
import {
  connectInterface,
  disconnectInterface,
  replaceInterfaces,
  routeInterface,
} from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite, identify } from '../../foundation/sys/index.ts'
import { appendLine } from '../../store/journal/index.ts'
import {
  arrange,
  checkEndpointWish,
  type Endpoint,
  type EndpointWish,
  type NetworkRecord,
  openEndpoint,
  openNetworkStore,
} from '../network/index.ts'
import { shortId } from './container-id.ts'
import { donorOf, linesOfLinks, wishesOf } from './container-networks.ts'
import type { ContainerStore } from './container-store.ts'
import { ContainerError } from './errors.ts'
import { membersOf, networkEvent, refreshEventFile } from './event-file.ts'
import { addHosts, removeHosts } from './live-hosts.ts'
import { lockContainer } from './lock-container.ts'
import { networkFiles } from './network-files.ts'
import { leasesText } from './network-setup.ts'
import { readNetwork, stateFile } from './state-files.ts'
import { statusOf } from './status.ts'
import type { Container, ContainerLink } from './types.ts'
import { unlessRemoved } from './unless-removed.ts'

export interface ConnectRequest {
  readonly containers: ContainerStore
  readonly container: Container
  readonly network: NetworkRecord
  readonly runDir: HostPath
}

/**
 * Puts a container on a network, at once when it runs, and again at every start. Throws `bad-network-mode`, `already-connected`,
 * `container-busy`, and what `openEndpoint` throws.
 */
export const connectContainer = (
  request: ConnectRequest,
  wish: EndpointWish,
  links: readonly ContainerLink[] = [],
): Promise<void> => unlessRemoved(request.container, () => connect(request, wish, links))

const connect = async (
  request: ConnectRequest,
  wish: EndpointWish,
  links: readonly ContainerLink[],
): Promise<void> => {
  const { container, network } = request
  using _ = lockContainer(container)
  const wishes = changeable(request)
  if (wishes.some(isOf(network)))
    throw new ContainerError(
      'already-connected',
      `put ${container.record.name} on network ${network.name}: it is there already`,
    )
  checkEndpointWish(network, wish)
  const status = statusOf(container.dir)
  if (status.kind === 'running') {
    const endpoint = await openFor(request, wish)
    const before = readNetwork(container.dir)?.endpoints ?? []
    try {
      const after = arrange([...before, endpoint])
      const added = after.find(({ id }) => id === endpoint.id) ?? endpoint
      const lines = linesOfLinks({ ...container.record.options, links }, [endpoint], request.containers)
      await connectInterface(status.init.pid, added.interface)
      addHosts(container, added, lines)
      writeLive(request, after)
      tellMonitor(status.monitor.pid)
    } catch (error) {
      for (const path of endpoint.leases) rmSync(path, { force: true })
      throw error
    }
  }
  remember(request, [...wishes, wish], links)
  if (status.kind === 'running') tellOf(request, 'connect')
}

/** The opposite. Throws `bad-network-mode`, `not-connected`, `container-busy`. */
export const disconnectContainer = (request: ConnectRequest): Promise<void> =>
  unlessRemoved(request.container, () => disconnect(request))

const disconnect = async (request: ConnectRequest): Promise<void> => {
  const { container, network } = request
  using _ = lockContainer(container)
  const wishes = changeable(request)
  const status = statusOf(container.dir)
  if (!wishes.some(isOf(network)))
    throw new ContainerError(
      'not-connected',
      `take ${container.record.name} off network ${network.name}: it is not there`,
    )
  remember(
    request,
    wishes.filter((wish) => !isOf(network)(wish)),
  )
  if (status.kind !== 'running') return
  const before = readNetwork(container.dir)?.endpoints ?? []
  const gone = before.find(({ networkId }) => networkId === network.id)
  if (!gone) return
  const after = arrange(before.filter(({ id }) => id !== gone.id))
  await disconnectInterface(gone.interface.hostInterface)
  for (const { interface: one } of after) {
    if (one.ipv4?.gateway !== undefined || one.ipv6?.gateway !== undefined)
      await routeInterface(status.init.pid, one)
  }
  try {
    removeHosts(container, gone)
    writeLive(request, after)
    tellMonitor(status.monitor.pid)
  } finally {
    // Only now may others have them: what is written down no longer names them, or the container is gone.
    for (const path of gone.leases) rmSync(path, { force: true })
  }
  tellOf(request, 'disconnect')
}

/** Of a container that runs, and whose record has been written. */
const tellOf = (
  { containers, container, network }: ConnectRequest,
  action: 'connect' | 'disconnect',
): void => {
  appendLine(containers.journal, membersOf(...networkEvent(action, network, container.record)))
}

/** It opens the name server at the first network with names, and looks for the address that published ports lead to. */
const tellMonitor = (pid: number): void => {
  try {
    process.kill(pid, 'SIGURG')
  } catch {
    // The container has just ended.
  }
}

const isOf =
  (network: NetworkRecord) =>
  (wish: EndpointWish): boolean =>
    wish.network === network.name || wish.network === network.id

/** The networks of a container whose networks can change. */
const changeable = ({ container, network }: ConnectRequest): readonly EndpointWish[] => {
  const { name, options } = container.record
  const bad = (why: string): ContainerError =>
    new ContainerError('bad-network-mode', `change the networks of ${name}: ${why}`)
  if (network.driver !== 'bridge') throw bad(`network ${network.name} is chosen when a container is created`)
  if (options.network === 'host' || options.network === 'none')
    throw bad(`it was created with --network ${options.network}`)
  if (donorOf(options.network) !== undefined) throw bad('it has the network of another container')
  if (statusOf(container.dir).kind === 'restarting')
    throw new ContainerError(
      'container-restarting',
      `change the networks of ${name}: it is being started again`,
      {
        hint: 'try again in a moment',
      },
    )
  return wishesOf(options)
}

const openFor = async (
  { containers, container, network, runDir }: ConnectRequest,
  wish: EndpointWish,
): Promise<Endpoint> => {
  const self = identify()
  if (!self) throw new InternalError('identify this process')
  const networks = openNetworkStore(containers.root)
  return openEndpoint({
    runDir,
    record: network,
    wish,
    owner: { process: self, containerDir: container.dir },
    name: container.record.name,
    shortId: shortId(container.record.id),
    exists: () => networks.get(network.name)?.id === network.id,
  })
}

/** What a running container has now: for whoever looks, for the monitor at the end, and for its next start of it. */
const writeLive = ({ containers, container }: ConnectRequest, endpoints: readonly Endpoint[]): void => {
  const { dir } = container
  atomicWrite(join(dir, stateFile.network), JSON.stringify({ endpoints }))
  atomicWrite(join(dir, stateFile.leases), leasesText(endpoints))
  const files = new Map(
    networkFiles({ ...container, record: withoutLinks(container) }, endpoints, containers),
  )
  atomicWrite(join(dir, stateFile.resolver), files.get(stateFile.resolver) ?? '')
  const named = endpoints.some(({ namesDir }) => namesDir !== undefined)
  // Bound into the container: the file must stay the same one.
  if (named) writeFileSync(join(dir, stateFile.resolvConf), files.get(stateFile.resolvConf) ?? '')
  const request = join(dir, stateFile.request)
  const interfaces = endpoints.map((endpoint) => endpoint.interface)
  atomicWrite(request, replaceInterfaces(readFileSync(request), interfaces, named))
}

/** Lines of links are in the hosts file since the start. */
const withoutLinks = ({ record }: Container): Container['record'] => {
  const { links: _, ...options } = record.options
  return { ...record, options }
}

const remember = (
  { containers, container }: ConnectRequest,
  networks: readonly EndpointWish[],
  added: readonly ContainerLink[] = [],
): void => {
  const { record } = container
  const links = [...(record.options.links ?? []), ...added]
  const options = { ...record.options, networks, ...(links.length > 0 ? { links } : {}) }
  const written = { ...record, options }
  containers.write(written)
  // What the monitor tells from now on has the networks of now.
  refreshEventFile({ root: containers.root, dir: container.dir, record: written })
}

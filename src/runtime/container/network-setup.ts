import { chmodSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { InternalError } from '../../foundation/errors/index.ts'
import type { NetworkSetup } from '../../foundation/native/index.ts'
import type { HostPath, RuntimeMount } from '../../foundation/oci/index.ts'
import { atomicWrite, identify } from '../../foundation/sys/index.ts'
import { arrange, type Endpoint, openEndpoint, openNetworkStore } from '../network/index.ts'
import { shortId } from './container-id.ts'
import { donorOf, pidOfDonor, wishesOf } from './container-networks.ts'
import type { ContainerStore } from './container-store.ts'
import { translatesIds } from './namespaces.ts'
import { networkFiles } from './network-files.ts'
import { stateFile } from './state-files.ts'
import type { Container, ContainerOptions, NetworkState } from './types.ts'

export interface PreparedNetwork {
  readonly setup: NetworkSetup
  /** Files that hold what was taken; removing them gives it back. */
  readonly leases: readonly HostPath[]
  /** /etc/hosts, /etc/hostname and /etc/resolv.conf. */
  readonly mounts: readonly RuntimeMount[]
}

export interface NetworkRequest {
  readonly containers: ContainerStore
  readonly container: Container
  readonly runDir: HostPath
}

/** Makes the container a member of its networks and writes its network files. Throws what `openEndpoint` and the store of networks throw. */
export const prepareNetwork = async (request: NetworkRequest): Promise<PreparedNetwork> => {
  const { containers, container } = request
  const { options } = container.record
  const donor = donorOf(options.network)
  if (donor !== undefined) {
    const { dir } = containers.find(donor)
    const path = `/proc/${pidOfDonor(donor, containers)}/ns/net`
    return { setup: { kind: 'path', path }, leases: [], mounts: fileMounts(dir, options) }
  }
  const endpoints = await openEndpoints(request)
  try {
    const files = networkFiles(container, endpoints, containers)
    for (const [name, text] of files) {
      atomicWrite(join(container.dir, name), text, { mode: 0o644 })
      // Every user of the container reads them, whatever our umask.
      if ((process.umask() & 0o044) !== 0) chmodSync(join(container.dir, name), 0o644)
    }
    atomicWrite(join(container.dir, stateFile.leases), leasesText(endpoints))
    const state: NetworkState = { endpoints }
    atomicWrite(join(container.dir, stateFile.network), JSON.stringify(state))
    return {
      setup: setupOf(options.network, endpoints),
      leases: endpoints.flatMap(({ leases }) => leases),
      mounts: fileMounts(container.dir, options),
    }
  } catch (error) {
    release(endpoints)
    throw error
  }
}

const setupOf = (mode: string, endpoints: readonly Endpoint[]): NetworkSetup => {
  if (mode === 'host' || mode === 'none') return { kind: mode }
  const resolver = endpoints.some(({ namesDir }) => namesDir !== undefined)
  return {
    kind: 'bridge',
    interfaces: endpoints.map((endpoint) => endpoint.interface),
    ...(resolver ? { resolver } : {}),
  }
}

const openEndpoints = async ({
  containers,
  container,
  runDir,
}: NetworkRequest): Promise<readonly Endpoint[]> => {
  const { record, dir } = container
  const process = identify()
  if (!process) throw new InternalError('identify this process')
  const networks = openNetworkStore(containers.root)
  const wishes = wishesOf(record.options).map((wish) => ({ wish, network: networks.find(wish.network) }))
  const opened: Endpoint[] = []
  try {
    for (const { wish, network } of wishes) {
      opened.push(
        await openEndpoint({
          runDir,
          record: network,
          wish,
          owner: { process, containerDir: dir },
          name: record.name,
          shortId: shortId(record.id),
          exists: () => networks.get(network.name)?.id === network.id,
        }),
      )
    }
  } catch (error) {
    release(opened)
    throw error
  }
  return arrange(opened)
}

/** What the monitor removes at the end, one path in each line. */
export const leasesText = (endpoints: readonly Endpoint[]): string =>
  endpoints.flatMap(({ leases }) => leases.map((path) => `${path}\n`)).join('')

const release = (endpoints: readonly Endpoint[]): void => {
  for (const path of endpoints.flatMap(({ leases }) => leases)) rmSync(path, { force: true })
}

const fileMounts = (dir: HostPath, options: ContainerOptions): readonly RuntimeMount[] => {
  const mounted = new Set(options.mounts.map((mount) => mount.destination))
  return [stateFile.hosts, stateFile.hostname, stateFile.resolvConf]
    .map((name) => bind(join(dir, name), `/etc/${name}`, translatesIds(options) ? ['idmap'] : []))
    .filter((mount) => !mounted.has(mount.destination))
}

const bind = (source: HostPath, destination: string, more: readonly string[]): RuntimeMount => ({
  destination,
  type: 'bind',
  source,
  options: ['rbind', 'rprivate', ...more],
})

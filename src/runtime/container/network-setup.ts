import { join } from 'node:path'
import type { NetworkSetup } from '../../foundation/native/index.ts'
import type { HostPath, RuntimeMount } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { attachBridge, hostsFileFor, readHostResolvConf, resolvConfFor } from '../network/index.ts'
import { stateFile } from './state-files.ts'
import type { ContainerOptions, NetworkState } from './types.ts'

export interface PreparedNetwork {
  readonly setup: NetworkSetup
  /** Files that hold what was taken; removing them gives it back. */
  readonly leases: readonly HostPath[]
  /** /etc/hosts, /etc/hostname and /etc/resolv.conf. */
  readonly mounts: readonly RuntimeMount[]
}

/** Word of --add-host that stands for the host's own address on the bridge. */
const hostGateway = 'host-gateway'

/** Takes an address if there is to be one and writes the container's network files. */
export const prepareNetwork = async (
  runDir: HostPath,
  dir: HostPath,
  options: ContainerOptions,
): Promise<PreparedNetwork> => {
  const kind = options.network
  const attachment = kind === 'bridge' ? await attachBridge(runDir, { containerDir: dir }) : undefined
  const setup: NetworkSetup = attachment
    ? { kind: 'bridge', interfaces: [attachment.network] }
    : kind === 'host'
      ? { kind: 'host' }
      : { kind: 'none' }
  const gateway = attachment?.gateway ?? '127.0.0.1'
  const hosts = hostsFileFor({
    hostname: options.hostname,
    ...(options.domainname === undefined ? {} : { domainname: options.domainname }),
    ...(attachment ? { address: attachment.lease.address } : {}),
    extra: options.extraHosts.map(({ name, address }) => ({
      name,
      address: address === hostGateway ? gateway : address,
    })),
  })
  const resolvConf = resolvConfFor(readHostResolvConf(kind), {
    kind,
    servers: options.dns,
    search: options.dnsSearch,
    options: options.dnsOptions,
  })
  const files = [
    [stateFile.hosts, hosts],
    [stateFile.hostname, `${options.hostname}\n`],
    [stateFile.resolvConf, resolvConf],
  ] as const
  for (const [name, text] of files) atomicWrite(join(dir, name), text, { mode: 0o644 })
  atomicWrite(join(dir, stateFile.network), JSON.stringify(networkState(setup, attachment?.lease.path)))
  const mounted = new Set(options.mounts.map((mount) => mount.destination))
  return {
    setup,
    leases: attachment ? [attachment.lease.path] : [],
    mounts: files
      .map(([name]) => bind(join(dir, name), `/etc/${name}`))
      .filter((mount) => !mounted.has(mount.destination)),
  }
}

const bind = (source: HostPath, destination: string): RuntimeMount => ({
  destination,
  type: 'bind',
  source,
  options: ['rbind', 'rprivate'],
})

const networkState = (setup: NetworkSetup, lease: HostPath | undefined): NetworkState => {
  const [first] = setup.kind === 'bridge' ? setup.interfaces : []
  if (!first) return {}
  const { bridge, macAddress, ipv4 } = first
  return {
    bridge,
    ...ipv4,
    ...(macAddress === undefined ? {} : { macAddress }),
    ...(lease === undefined ? {} : { lease }),
  }
}

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBridge, removeBridge } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { acquireLock, atomicWrite, bootId } from '../../foundation/sys/index.ts'
import { networkDir } from './bridge.ts'
import { type Cidr, overlap, parseCidr } from './cidr.ts'
import { NetworkError } from './errors.ts'
import { isLeased } from './leases.ts'
import { bridgeOption, type NetworkRecord, saysNo } from './network-record.ts'
import { parseRoutes, parseRoutes6 } from './routes.ts'

/** Where the live state of a network lies: its bridge, leases of addresses, names. */
export const liveDir = (runDir: HostPath, record: NetworkRecord): HostPath =>
  join(networkDir(runDir), record.id)

/** The name of its bridge: one of its own in every run directory, unless an option says which. */
export const bridgeNameOf = (runDir: HostPath, record: NetworkRecord): string =>
  record.options[bridgeOption.name] ??
  `tsb${createHash('sha256').update(`${runDir}\0${record.id}`).digest('hex').slice(0, 11)}`

/**
 * The bridge of a network, made at first use after a boot. Resolves with its name. Throws `subnet-in-use` when a route of the
 * host leads elsewhere, or the helper's error when it may not make interfaces.
 */
export const openNetworkBridge = async (runDir: HostPath, record: NetworkRecord): Promise<string> => {
  const name = bridgeNameOf(runDir, record)
  const dir = liveDir(runDir, record)
  if (isOpen(dir, name)) return name
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const lock = await acquireLock(join(dir, 'bridge.lock'))
  try {
    if (isOpen(dir, name)) return name
    if (record.options[bridgeOption.name] !== undefined) requireAbsent(record, name)
    requireFree(record, routesOfHost(name))
    await ensureBridge(bridgeOptionsOf(name, record))
    atomicWrite(join(dir, 'bridge.json'), JSON.stringify({ bootId: bootId() }))
    return name
  } finally {
    lock.release()
  }
}

/** Whether anybody alive has an address of the network. */
export const hasLeases = (runDir: HostPath, record: NetworkRecord): boolean =>
  isLeased(join(liveDir(runDir, record), 'leases'))

/** Removes the bridge, its rules and all live state. */
export const removeNetworkBridge = async (runDir: HostPath, record: NetworkRecord): Promise<void> => {
  const name = bridgeNameOf(runDir, record)
  // A name that a user chose may be that of somebody else's interface.
  if (record.options[bridgeOption.name] === undefined || isOpen(liveDir(runDir, record), name))
    await removeBridge(name)
  rmSync(liveDir(runDir, record), { recursive: true, force: true })
}

/** Networks of both families that the host has routes to, apart from those of an interface. */
export const routesOfHost = (except?: string): readonly Cidr[] => [
  ...parseRoutes(readText('/proc/net/route'), except).flatMap(
    ({ network, prefix }) => parseCidr(`${network}/${prefix}`) ?? [],
  ),
  ...parseRoutes6(readText('/proc/net/ipv6_route'), except),
]

/** The subnets of a network as numbers. */
export const cidrsOf = (record: NetworkRecord): readonly Cidr[] =>
  record.subnets.flatMap(({ subnet }) => parseCidr(subnet) ?? [])

/** Throws `subnet-in-use`. */
export const requireFree = (record: NetworkRecord, taken: readonly Cidr[]): void => {
  for (const [index, cidr] of cidrsOf(record).entries()) {
    if (!taken.some((other) => overlap(other, cidr))) continue
    const subnet = record.subnets[index]?.subnet ?? ''
    throw new NetworkError(
      'subnet-in-use',
      `open network ${record.name}: this machine has another route to ${subnet}`,
      {
        hint: 'choose another --subnet',
      },
    )
  }
}

const requireAbsent = (record: NetworkRecord, name: string): void => {
  if (!existsSync(`/sys/class/net/${name}`)) return
  throw new NetworkError(
    'bad-network',
    `open network ${record.name}: this machine has an interface ${name} already`,
    {
      hint: `choose another ${bridgeOption.name}`,
    },
  )
}

const bridgeOptionsOf = (name: string, record: NetworkRecord): Parameters<typeof ensureBridge>[0] => {
  const { options, internal, subnets } = record
  const mtu = options[bridgeOption.mtu]
  return {
    name,
    addresses: subnets.map(({ subnet, gateway }) => `${gateway}/${subnet.split('/')[1] ?? ''}`),
    internal,
    isolated: saysNo(options[bridgeOption.connectivity]),
    ...(saysNo(options[bridgeOption.masquerade]) ? { masquerade: false } : {}),
    ...(mtu === undefined ? {} : { mtu: Number(mtu) }),
  }
}

const isOpen = (dir: HostPath, name: string): boolean => {
  try {
    const { bootId: boot } = JSON.parse(readFileSync(join(dir, 'bridge.json'), 'utf8')) as {
      readonly bootId: string
    }
    readFileSync(`/sys/class/net/${name}/ifindex`)
    return boot === bootId()
  } catch {
    return false
  }
}

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

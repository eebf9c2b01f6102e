import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { acquireLock, randomBelow, randomHex } from '../../foundation/sys/index.ts'
import { networkDir } from './bridge.ts'
import { type Cidr, overlap, parseCidr } from './cidr.ts'
import { NetworkError } from './errors.ts'
import {
  cidrsOf,
  openNetworkBridge,
  removeNetworkBridge,
  requireFree,
  routesOfHost,
} from './network-bridge.ts'
import { bridgeOption, isPredefined, type NetworkRecord, type NetworkSubnet } from './network-record.ts'
import type { NetworkStore } from './network-store.ts'
import { chooseIpv4, chooseIpv6 } from './pools.ts'
import { type SubnetWishes, subnetOf, wantedSubnets } from './wanted-subnets.ts'

export interface NetworkWish extends SubnetWishes {
  readonly name: string
  readonly driver: string
  readonly internal: boolean
  readonly attachable: boolean
  readonly ipv4: boolean
  readonly ipv6: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Makes a network and its bridge. Subnets that nobody chose are of docker's pools, and meet neither those of other networks nor
 * routes of the host. Throws `bad-network`, `network-exists`, `predefined-network`, `subnet-in-use`, `no-free-subnet`.
 */
export const createNetwork = async (
  networks: NetworkStore,
  runDir: HostPath,
  wish: NetworkWish,
): Promise<NetworkRecord> => {
  checkWish(wish)
  const directory = networkDir(runDir)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const lock = await acquireLock(join(directory, 'create.lock'))
  try {
    return await make(networks, runDir, wish)
  } finally {
    lock.release()
  }
}

/**
 * Somebody with another run directory may take the same subnet between our look at the routes and our bridge. Then both choose again,
 * after a while that is not the same for both.
 */
const make = async (
  networks: NetworkStore,
  runDir: HostPath,
  wish: NetworkWish,
  tries = 8,
): Promise<NetworkRecord> => {
  const known = networks.list()
  if (known.some(({ name }) => name === wish.name)) throw exists(wish.name)
  const record = settle(wish, wantedSubnets(wish), known)
  if (!networks.add(record)) throw exists(wish.name)
  const chosen = record.subnets.every((subnet) => subnet.chosen)
  try {
    const bridge = await openNetworkBridge(runDir, record)
    if (chosen) requireFree(record, routesOfHost(bridge))
    return record
  } catch (error) {
    networks.remove(record)
    await removeNetworkBridge(runDir, record)
    const taken = error instanceof NetworkError && error.code === 'subnet-in-use'
    if (!chosen || !taken || tries === 1) throw error
    await new Promise((resolve) => setTimeout(resolve, randomBelow(100)))
    return make(networks, runDir, wish, tries - 1)
  }
}

const settle = (
  wish: NetworkWish,
  wanted: readonly NetworkSubnet[],
  known: readonly NetworkRecord[],
): NetworkRecord => {
  const others = known.flatMap((one) => cidrsOf(one).map((cidr) => [one.name, cidr] as const))
  for (const { subnet } of wanted) {
    const cidr = parseCidr(subnet)
    const [holder] = others.find(([, other]) => cidr && overlap(other, cidr)) ?? []
    if (holder !== undefined)
      throw new NetworkError(
        'subnet-in-use',
        `create network ${wish.name}: ${subnet} overlaps network ${holder}`,
        {
          hint: 'choose another --subnet',
        },
      )
  }
  const taken = [...others.map(([, cidr]) => cidr), ...routesOfHost()]
  const { name, driver: _, subnets: __, ranges, gateways, reserved, now, ...said } = wish
  return {
    id: randomHex(32),
    name,
    driver: 'bridge',
    created: new Date(now).toISOString(),
    ...said,
    ipv6: wish.ipv6 || wanted.some(({ subnet }) => subnet.includes(':')),
    subnets: [
      ...family(4, wish.ipv4, wanted, () => chooseIpv4(taken)),
      ...family(6, wish.ipv6, wanted, () => ulaOf(taken)),
    ],
  }
}

const ulaOf = (taken: readonly Cidr[]): Cidr => chooseIpv6(taken, () => BigInt(`0x${randomHex(5)}`))

const family = (
  which: 4 | 6,
  wished: boolean,
  wanted: readonly NetworkSubnet[],
  choose: () => Cidr,
): readonly NetworkSubnet[] => {
  const own = wanted.filter(({ subnet }) => subnet.includes(':') === (which === 6))
  if (own.length > 0 || !wished) return own
  return [{ ...subnetOf(choose()), chosen: true }]
}

const checkWish = ({ name, driver, options, ipv4, ipv6, subnets }: NetworkWish): void => {
  const bad = (why: string, hint?: string): NetworkError =>
    new NetworkError('bad-network', `create network ${JSON.stringify(name.slice(0, 100))}: ${why}`, {
      ...(hint === undefined ? {} : { hint }),
    })
  if (isPredefined(name) || name === 'default' || name.startsWith('container:'))
    throw new NetworkError(
      'predefined-network',
      `create network ${name}: the name is taken by a predefined one`,
    )
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(name))
    throw bad('expected a letter or digit and then letters, digits, "_", "." or "-", at most 128')
  if (driver !== 'bridge') throw bad(`driver ${JSON.stringify(driver)} is not supported`, 'bridge is')
  if (!ipv4 && !ipv6) throw bad('IPv4 and IPv6 are both off', 'leave one of them on')
  if (!ipv4 && subnets.some((text) => !text.includes(':'))) throw bad('an IPv4 subnet, but IPv4 is off')
  const bridge = options[bridgeOption.name]
  if (bridge !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(bridge))
    throw bad(`${bridgeOption.name}=${bridge}: expected the name of an interface, at most 15 characters`)
  const mtu = options[bridgeOption.mtu]
  if (mtu !== undefined && !(/^\d{2,5}$/.test(mtu) && Number(mtu) >= 68 && Number(mtu) <= 65535))
    throw bad(`${bridgeOption.mtu}=${mtu}: expected a number of bytes from 68 to 65535`)
}

const exists = (name: string): NetworkError =>
  new NetworkError('network-exists', `create network ${name}: there is one of this name`, {
    hint: `remove it with: tsrun network rm ${name}`,
  })

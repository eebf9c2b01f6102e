import { InternalError } from '../errors/index.ts'
import { spawnNativeSync } from './launch.ts'
import { NativeError } from './native-error.ts'
import { parseHelperEvent } from './status.ts'
import type { InterfaceAddress, NetworkInterface } from './types.ts'

export interface BridgeOptions {
  /** At most 15 characters. */
  readonly name: string
  /** The bridge's own addresses with their prefixes, of either family: `10.88.0.1/16`. */
  readonly addresses: readonly string[]
  /** Nothing is forwarded from it or to it. */
  readonly internal?: boolean
  /** Nor between its containers. */
  readonly isolated?: boolean
  /** What leaves it keeps the address of its container. */
  readonly masquerade?: false
  readonly mtu?: number
}

/**
 * Makes sure that the bridge exists, has the addresses and is up, and that its rules are there: containers of other networks do
 * not reach its own, and what its subnets send out of other interfaces is masqueraded (tables `ip tsbuild` and `ip6 tsbuild`;
 * rules of others are not touched). Doing it again, and in several processes at once, is fine. Throws `NativeError`.
 */
export const ensureBridge = async (options: BridgeOptions): Promise<void> =>
  runNet([
    'ensure-bridge',
    options.name,
    ...options.addresses,
    ...(options.internal ? ['internal'] : []),
    ...(options.isolated ? ['isolated'] : []),
    ...(options.masquerade === false ? ['no-masquerade'] : []),
    ...(options.mtu === undefined ? [] : [`mtu=${options.mtu}`]),
  ])

/** Removes the bridge and its rules; nothing happens when there is none. Throws `NativeError`. */
export const removeBridge = async (name: string): Promise<void> => runNet(['remove-bridge', name])

/** Adds an interface to the network namespace of a process that runs. Throws `NativeError`; nothing is left then. */
export const connectInterface = async (pid: number, wish: NetworkInterface): Promise<void> =>
  runNet(['connect', String(pid), ...interfaceWords(wish)])

/** Removes an interface by the name of the host's end; nothing happens when there is none. Throws `NativeError`. */
export const disconnectInterface = async (hostInterface: string): Promise<void> =>
  runNet(['disconnect', hostInterface])

/** Makes the gateways of an interface that is there the default routes. Throws `NativeError`. */
export const routeInterface = async (pid: number, wish: NetworkInterface): Promise<void> =>
  runNet(['route', String(pid), ...interfaceWords(wish)])

/** The words of native/net_interface.h. */
export const interfaceWords = (wish: NetworkInterface): readonly string[] => [
  wish.name,
  wish.bridge,
  wish.hostInterface,
  wish.macAddress ?? '',
  ...addressWords(wish.ipv4),
  ...addressWords(wish.ipv6),
  wish.mtu === undefined ? '' : String(wish.mtu),
  wish.isolated ? '1' : '',
  (wish.more ?? []).join(','),
  (wish.settings ?? []).join(','),
]

const addressWords = (wish: InterfaceAddress | undefined): readonly string[] =>
  wish ? [wish.address, String(wish.prefix), wish.gateway ?? ''] : ['', '', '']

const runNet = (args: readonly string[]): void => {
  const result = spawnNativeSync('net', args)
  if (result.status === 0) return
  const line = result.stdout.toString('utf8').trim()
  if (line === '') {
    throw new InternalError(
      `run net ${args.join(' ')}: ${result.stderr.toString('utf8').trim()}`,
      result.error,
    )
  }
  const event = parseHelperEvent(line)
  if (event.event === 'error') throw new NativeError(event)
  throw new InternalError(`run net ${args.join(' ')}: ${line}`)
}

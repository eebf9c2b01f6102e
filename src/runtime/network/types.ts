import type { NetworkInterface } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { ProcessIdentity } from '../../foundation/sys/index.ts'

/** An IPv4 network that the bridge serves. Addresses are dotted text. */
export interface Subnet {
  /** Network address, e.g. `10.88.0.0`. */
  readonly network: string
  readonly prefix: number
}

/** The bridge of one run directory. */
export interface Bridge extends Subnet {
  /** Interface name, at most 15 characters. */
  readonly name: string
  /** First address of the subnet; the bridge's own. */
  readonly gateway: string
}

/**
 * Who holds an address. A lease lapses when its process is dead and, if it names a container directory, the
 * monitor written down there is dead as well.
 */
export interface LeaseOwner {
  readonly process: ProcessIdentity
  /** ROOT/containers/ID; the file `monitor` in it holds a ProcessIdentity. */
  readonly containerDir?: HostPath
}

/** An address on a bridge, held by a lease file. */
export interface AddressLease {
  readonly address: string
  /** The lease file; whoever removes it gives the address back. */
  readonly path: HostPath
}

export interface BridgeAttachment {
  readonly network: NetworkInterface
  /** The bridge's own address. */
  readonly gateway: string
  readonly lease: AddressLease
  /** Gives the address back. The interface itself is gone with its namespace. */
  release(): void
}

export type NetworkKind = 'bridge' | 'host' | 'none'

/** How a container is to be a member of a network. */
export interface EndpointWish {
  /** Name or id. */
  readonly network: string
  readonly aliases?: readonly string[]
  readonly ipv4?: string
  readonly ipv6?: string
  readonly macAddress?: string
  /** The highest one of a container's networks has the default route; 0 when absent. */
  readonly gatewayPriority?: number
  /** Addresses besides, of 169.254.0.0/16 or fe80::/10. */
  readonly linkLocal?: readonly string[]
  /** --driver-opt; docker's names of what bridge networks know have a meaning (`endpointOption`). */
  readonly driverOptions?: Readonly<Record<string, string>>
}

/** A running container on a network. */
export interface Endpoint {
  readonly network: string
  readonly networkId: string
  /** 64 hexadecimal digits. */
  readonly id: string
  readonly internal: boolean
  readonly priority: number
  /** Of the network, whether or not a default route goes there. */
  readonly gateway4?: string
  readonly gateway6?: string
  readonly interface: NetworkInterface
  /** What it is called there. */
  readonly names: readonly string[]
  /** Where the names of the network lie; absent where names are not looked up. */
  readonly namesDir?: HostPath
  /** Files that hold its addresses and names. */
  readonly leases: readonly HostPath[]
}

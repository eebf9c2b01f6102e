/** The bridge, addresses on it, and the network files of containers. */
export { attachBridge } from './attach.ts'
export { networkDir, openBridge } from './bridge.ts'
export { readHostResolvConf } from './host-files.ts'
export { type HostsOptions, hostsFileFor } from './hosts-file.ts'
export { claimAddress, releaseAddress, releaseAddressOf, sweepLeases } from './leases.ts'
export { findPortOwner, type PortOwner } from './port-owner.ts'
export { type ResolvConfOptions, resolvConfFor } from './resolv-conf.ts'
export type { AddressLease, Bridge, BridgeAttachment, LeaseOwner, NetworkKind, Subnet } from './types.ts'

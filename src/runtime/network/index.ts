/** Networks, addresses on them, and the network files of containers. */
export { arrange } from './arrange.ts'
export { attachBridge } from './attach.ts'
export { networkDir, openBridge, readBridge } from './bridge.ts'
export { type Cidr, overlap, parseAddress, parseCidr } from './cidr.ts'
export { createNetwork, type NetworkWish } from './create-network.ts'
export { checkEndpointWish, type EndpointRequest, openEndpoint } from './endpoint.ts'
export { NetworkError, type NetworkErrorCode } from './errors.ts'
export { readHostHosts, readHostResolvConf } from './host-files.ts'
export { type HostsOptions, hostsFileFor } from './hosts-file.ts'
export { claimAddress, releaseAddress, releaseAddressOf, sweepLeases } from './leases.ts'
export { bridgeNameOf, hasLeases, liveDir, openNetworkBridge, removeNetworkBridge } from './network-bridge.ts'
export {
  canonicalNetworkName,
  isPredefined,
  type NetworkRecord,
  type NetworkSubnet,
} from './network-record.ts'
export { type NetworkStore, openNetworkStore } from './network-store.ts'
export { findPortOwner, type PortOwner } from './port-owner.ts'
export { type ResolvConfOptions, resolvConfFor, serversFor } from './resolv-conf.ts'
export type {
  AddressLease,
  Bridge,
  BridgeAttachment,
  Endpoint,
  EndpointWish,
  LeaseOwner,
  NetworkKind,
  Subnet,
} from './types.ts'

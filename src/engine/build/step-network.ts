import type { PlaceWishes, StepNetwork } from '../../build/ops/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import {
  attachBridge,
  type BridgeAttachment,
  hostsFileFor,
  readHostResolvConf,
  resolvConfFor,
} from '../../runtime/network/index.ts'

export type StepNetworkKind = 'default' | 'none' | 'host'

/** An address on the bridge for steps that want one; undefined for others. Whoever takes it releases it. */
export const attachStep = async (
  kind: StepNetworkKind,
  runRoot: HostPath,
): Promise<BridgeAttachment | undefined> => (kind === 'default' ? attachBridge(runRoot) : undefined)

/** The network as one step sees it. */
export const stepNetwork = (
  kind: StepNetworkKind,
  attachment: BridgeAttachment | undefined,
  { hostname, extraHosts }: Pick<PlaceWishes, 'hostname' | 'extraHosts'>,
): StepNetwork => {
  const hostsFor = (address: string, gateway: string): string =>
    hostsFileFor({ hostname, address, extra: extraHosts.map((host) => extraHost(host, gateway)) })
  if (attachment)
    return {
      setup: { kind: 'bridge', interfaces: [attachment.network] },
      resolvConf: resolvConfFor(readHostResolvConf('bridge'), { kind: 'bridge' }),
      hosts: hostsFor(attachment.lease.address, attachment.gateway),
    }
  const shared = kind === 'host' ? 'host' : 'none'
  return {
    setup: { kind: shared },
    resolvConf: resolvConfFor(readHostResolvConf(kind === 'host' ? 'host' : 'bridge'), { kind: shared }),
    hosts: hostsFor('127.0.0.1', '127.0.0.1'),
  }
}

/** `NAME:ADDRESS`; an IPv6 address may be in brackets. */
const extraHost = (text: string, gateway: string): { readonly name: string; readonly address: string } => {
  const colon = text.indexOf(':')
  const address = text.slice(colon + 1).replace(/^\[(.*)\]$/, '$1')
  return { name: text.slice(0, colon), address: address === 'host-gateway' ? gateway : address }
}

import { byCodeUnit } from '../../foundation/filetree/index.ts'
import type { NetworkInterface } from '../../foundation/native/index.ts'
import type { Endpoint } from './types.ts'

/**
 * Names of interfaces and default routes, by docker's rules: eth0, eth1 ... in the order of the networks' names, and the route of
 * each family by the first endpoint that has a way out: of the highest priority, then of both families, then by name.
 * Interfaces that have a name keep it.
 */
export const arrange = (endpoints: readonly Endpoint[]): readonly Endpoint[] => {
  const sorted = endpoints.toSorted((a, b) => byCodeUnit(a.network, b.network))
  const ways = sorted.filter(({ internal }) => !internal).toSorted(byPreference)
  const route4 = ways.find(({ gateway4 }) => gateway4 !== undefined)
  const route6 = ways.find(({ gateway6 }) => gateway6 !== undefined)
  const taken = new Set(endpoints.map((one) => one.interface.name))
  const nextName = (): string => {
    for (let index = 0; ; index++) {
      if (taken.has(`eth${index}`)) continue
      taken.add(`eth${index}`)
      return `eth${index}`
    }
  }
  return sorted.map((endpoint) => ({
    ...endpoint,
    interface: {
      ...withRoutes(endpoint, endpoint === route4, endpoint === route6),
      name: endpoint.interface.name || nextName(),
    },
  }))
}

const byPreference = (a: Endpoint, b: Endpoint): number =>
  b.priority - a.priority || families(b) - families(a) || byCodeUnit(a.network, b.network)

const families = ({ gateway4, gateway6 }: Endpoint): number =>
  gateway4 !== undefined && gateway6 !== undefined ? 2 : 1

const withRoutes = (endpoint: Endpoint, has4: boolean, has6: boolean): NetworkInterface => {
  const { ipv4, ipv6, ...rest } = endpoint.interface
  const route = (has: boolean, gateway: string | undefined): { readonly gateway?: string } =>
    has && gateway !== undefined ? { gateway } : {}
  return {
    ...rest,
    ...(ipv4
      ? { ipv4: { address: ipv4.address, prefix: ipv4.prefix, ...route(has4, endpoint.gateway4) } }
      : {}),
    ...(ipv6
      ? { ipv6: { address: ipv6.address, prefix: ipv6.prefix, ...route(has6, endpoint.gateway6) } }
      : {}),
  }
}

import { type Cidr, contains, formatAddress, formatCidr, hostsOf, parseAddress, parseCidr } from './cidr.ts'
import { NetworkError } from './errors.ts'
import type { NetworkSubnet } from './network-record.ts'

export interface SubnetWishes {
  /** --subnet, --ip-range, --gateway: each belongs to the subnet that it is in. */
  readonly subnets: readonly string[]
  readonly ranges: readonly string[]
  readonly gateways: readonly string[]
  /** --aux-address */
  readonly reserved: Readonly<Record<string, string>>
}

/** The subnets that were asked for, each with what belongs to it. Throws `bad-network`. */
export const wantedSubnets = (wishes: SubnetWishes): readonly NetworkSubnet[] => {
  const subnets = wishes.subnets.map((text) => parsed('subnet', text))
  const ranges = wishes.ranges.map((text) => [text, parsed('ip-range', text)] as const)
  const gateways = wishes.gateways.map((text) => [text, address('gateway', text)] as const)
  const reserved = Object.entries(wishes.reserved).map(
    ([name, text]) => [name, address('aux-address', text)] as const,
  )
  for (const family of [4, 6])
    if (subnets.filter((one) => one.family === family).length > 1)
      throw bad('two subnets of one family', 'a bridge network has one subnet of each')
  for (const [text, range] of ranges)
    if (!subnets.some((one) => isWithin(one, range))) throw bad(`no matching subnet for range ${text}`)
  for (const [text, { family, value }] of gateways)
    if (!subnets.some((one) => contains(one, family, value)))
      throw bad(`no matching subnet for gateway ${text}`)
  for (const [name, { family, value, text }] of reserved)
    if (!subnets.some((one) => contains(one, family, value)))
      throw bad(`no matching subnet for aux-address ${name}=${text}`)
  return subnets.map((subnet) => {
    const inside = ({ family, value }: { readonly family: 4 | 6; readonly value: bigint }): boolean =>
      contains(subnet, family, value)
    const gateway = gateways.find(([, one]) => inside(one))?.[1]
    const range = ranges.find(([, one]) => isWithin(subnet, one))?.[1]
    const own = reserved.filter(([, one]) => inside(one))
    return {
      ...subnetOf(subnet, gateway && formatAddress(gateway.family, gateway.value)),
      ...(range ? { range: formatCidr(range) } : {}),
      ...(own.length > 0
        ? { reserved: Object.fromEntries(own.map(([name, { text }]) => [name, text])) }
        : {}),
    }
  })
}

/** A subnet whose gateway is its first address unless it is said. Throws `bad-network` when there is no room for one. */
export const subnetOf = (cidr: Cidr, gateway?: string): NetworkSubnet => {
  const [first] = hostsOf(cidr)
  if (first === undefined || cidr.prefix > (cidr.family === 4 ? 30 : 126))
    throw bad(`subnet ${formatCidr(cidr)} has no room for a gateway and a container`)
  return { subnet: formatCidr(cidr), gateway: gateway ?? first }
}

const isWithin = (outer: Cidr, inner: Cidr): boolean =>
  inner.prefix >= outer.prefix && contains(outer, inner.family, inner.address)

const parsed = (flag: string, text: string): Cidr => {
  const cidr = parseCidr(text)
  if (cidr && cidr.prefix > 0) return cidr
  throw bad(`--${flag} ${JSON.stringify(text)}: expected ADDRESS/PREFIX, such as 10.20.0.0/24`)
}

const address = (
  flag: string,
  text: string,
): { readonly family: 4 | 6; readonly value: bigint; readonly text: string } => {
  const found = parseAddress(text)
  if (found) return { ...found, text }
  throw bad(`--${flag} ${JSON.stringify(text)}: expected an address, such as 10.20.0.1`)
}

const bad = (why: string, hint?: string): NetworkError =>
  new NetworkError('bad-network', `create network: ${why}`, hint === undefined ? {} : { hint })

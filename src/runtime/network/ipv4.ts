import type { Subnet } from './types.ts'

/** `10.88.0.5` -> 0x0a580005; undefined when the text is not a dotted IPv4 address. */
export const parseIpv4 = (text: string): number | undefined => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (!match) return undefined
  const octets = match.slice(1).map(Number)
  if (octets.some((octet) => octet > 255)) return undefined
  return octets.reduce((value, octet) => value * 256 + octet, 0)
}

/** The inverse of `parseIpv4`. */
export const formatIpv4 = (value: number): string =>
  [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')

/** Network mask of a prefix length as an unsigned number. */
const maskOf = (prefix: number): number => (prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0)

/** Whether two networks share an address. */
export const overlaps = (a: Subnet, b: Subnet): boolean => {
  const mask = maskOf(Math.min(a.prefix, b.prefix))
  const left = parseIpv4(a.network) ?? 0
  const right = parseIpv4(b.network) ?? 0
  return (left & mask) >>> 0 === (right & mask) >>> 0
}

/** The addresses of a subnet from the `first`th on (0 is the network address), without the broadcast address. */
export const addressesFrom = function* (subnet: Subnet, first: number): Generator<string> {
  const base = parseIpv4(subnet.network) ?? 0
  const last = 2 ** (32 - subnet.prefix) - 2
  for (let index = first; index <= last; index++) yield formatIpv4(base + index)
}

/** The bridge's own address: the first one. */
export const gatewayOf = (subnet: Subnet): string => formatIpv4((parseIpv4(subnet.network) ?? 0) + 1)

/** A locally administered MAC address derived from the IPv4 address, so that an address used again keeps its neighbour entries right. */
export const macFor = (address: string): string =>
  ['02', '42', ...address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'))].join(':')

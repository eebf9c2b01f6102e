import type { Cidr } from './cidr.ts'
import { formatIpv4 } from './ipv4.ts'
import type { Subnet } from './types.ts'

/**
 * The networks of the host's routing table (text of /proc/net/route), without default routes and without those of
 * the interface `except`. Malformed lines are skipped.
 */
export const parseRoutes = (text: string, except?: string): readonly Subnet[] => {
  const routes: Subnet[] = []
  for (const line of text.split('\n').slice(1)) {
    const [name, destination, , , , , , mask] = line.split('\t').map((field) => field.trim())
    if (!name || !destination || !mask || name === except) continue
    const prefix = prefixOf(littleEndian(mask))
    if (prefix === 0) continue
    routes.push({ network: formatIpv4(littleEndian(destination)), prefix })
  }
  return routes
}

/** The kernel prints addresses as the hex of a native-endian word. */
const littleEndian = (hex: string): number => {
  const bytes = hex.match(/../g) ?? []
  return bytes.reduceRight((value, byte) => value * 256 + Number.parseInt(byte, 16), 0)
}

const prefixOf = (mask: number): number => {
  let bits = 0
  for (let rest = mask >>> 0; rest !== 0; rest = (rest << 1) >>> 0) bits++
  return bits
}

/**
 * The same of /proc/net/ipv6_route: networks of unicast routes, without default routes, single addresses, link-local
 * and multicast ones.
 */
export const parseRoutes6 = (text: string, except?: string): readonly Cidr[] =>
  text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const [destination = '', length = ''] = fields
    const prefix = Number.parseInt(length, 16)
    if (!/^[0-9a-f]{32}$/.test(destination) || fields[9] === except || fields[9] === 'lo') return []
    if (!(prefix > 0 && prefix < 128) || /^f(e[89ab]|f)/.test(destination)) return []
    return [{ family: 6, address: BigInt(`0x${destination}`), prefix }]
  })

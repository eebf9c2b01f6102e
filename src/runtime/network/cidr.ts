/** An IPv4 or IPv6 network; addresses are whole numbers. */
export interface Cidr {
  readonly family: 4 | 6
  /** Of the text; its bits behind the prefix may be set. */
  readonly address: bigint
  readonly prefix: number
}

const widths = { 4: 32, 6: 128 } as const

/** `10.1.2.3`, `fd00::5`; undefined for any other text. */
export const parseAddress = (
  text: string,
): { readonly family: 4 | 6; readonly value: bigint } | undefined => {
  const value = text.includes(':') ? parseIpv6(text) : parseIpv4(text)
  return value === undefined ? undefined : { family: text.includes(':') ? 6 : 4, value }
}

const parseIpv4 = (text: string): bigint | undefined => {
  const octets = text.split('.')
  if (
    octets.length !== 4 ||
    !octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256)
  )
    return undefined
  return octets.reduce((value, octet) => value * 256n + BigInt(octet), 0n)
}

const parseIpv6 = (text: string): bigint | undefined => {
  const halves = withIpv4Tail(text).split('::')
  const [head = [], tail] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const given = head.length + (tail?.length ?? 0)
  if (halves.length > 2 || (tail ? given > 7 : given !== 8)) return undefined
  const words = [...head, ...Array.from({ length: tail ? 8 - given : 0 }, () => '0'), ...(tail ?? [])]
  if (!words.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) return undefined
  return words.reduce((value, word) => value * 65536n + BigInt(`0x${word}`), 0n)
}

/** RFC 4291, 2.2 (3). */
const withIpv4Tail = (text: string): string => {
  const colon = text.lastIndexOf(':')
  const ipv4 = parseIpv4(text.slice(colon + 1))
  if (ipv4 === undefined) return text
  return `${text.slice(0, colon + 1)}${(ipv4 >> 16n).toString(16)}:${(ipv4 & 0xffffn).toString(16)}`
}

/** The inverse of `parseAddress`, in the form of RFC 5952. */
export const formatAddress = (family: 4 | 6, value: bigint): string => {
  const words = Array.from({ length: family === 4 ? 4 : 8 }, (_, i) =>
    family === 4 ? (value >> BigInt(8 * (3 - i))) & 0xffn : (value >> BigInt(16 * (7 - i))) & 0xffffn,
  )
  if (family === 4) return words.join('.')
  const text = words.map((word) => word.toString(16)).join(':')
  const zeros = [...text.matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)].toSorted(
    (a, b) => b[0].length - a[0].length,
  )[0]
  if (!zeros) return text
  const before = text.slice(0, zeros.index).replace(/:$/, '')
  return `${before}::${text.slice(zeros.index + zeros[0].length).replace(/^:/, '')}`
}

/** `10.1.0.0/16`, `fd00::/64`; undefined for any other text. */
export const parseCidr = (text: string): Cidr | undefined => {
  const [address = '', prefix = '', ...more] = text.split('/')
  const parsed = parseAddress(address)
  if (!parsed || more.length > 0 || !/^\d{1,3}$/.test(prefix)) return undefined
  const bits = Number(prefix)
  return bits > widths[parsed.family]
    ? undefined
    : { family: parsed.family, address: parsed.value, prefix: bits }
}

/** The address of the network and its last one. */
export const boundsOf = ({
  family,
  address,
  prefix,
}: Cidr): { readonly first: bigint; readonly last: bigint } => {
  const host = (1n << BigInt(widths[family] - prefix)) - 1n
  const last = address | host
  return { first: last - host, last }
}

/** Canonical text: bits behind the prefix are zero. */
export const formatCidr = (cidr: Cidr): string =>
  `${formatAddress(cidr.family, boundsOf(cidr).first)}/${cidr.prefix}`

export const overlap = (a: Cidr, b: Cidr): boolean => {
  if (a.family !== b.family) return false
  const [left, right] = [boundsOf(a), boundsOf(b)]
  return left.first <= right.last && right.first <= left.last
}

export const contains = (outer: Cidr, family: 4 | 6, value: bigint): boolean => {
  const { first, last } = boundsOf(outer)
  return outer.family === family && value >= first && value <= last
}

/** Addresses of the range, or of all of the subnet, that hosts may have, lowest first: without its ends. */
export const hostsOf = function* (subnet: Cidr, range: Cidr = subnet): Generator<string> {
  const { first, last } = boundsOf(range)
  const ends = new Set(endsOf(subnet))
  for (let at = first; at <= last; at++) {
    const address = formatAddress(subnet.family, at)
    if (!ends.has(address)) yield address
  }
}

/** What no host of a subnet may have: the network's own address and, with IPv4, the broadcast address. */
export const endsOf = (subnet: Cidr): readonly string[] => {
  // Of networks of two addresses both are hosts (RFC 3021, RFC 6164).
  if (subnet.prefix >= widths[subnet.family] - 1) return []
  const { first, last } = boundsOf(subnet)
  return (subnet.family === 4 ? [first, last] : [first]).map((end) => formatAddress(subnet.family, end))
}

/** Name of an address for PTR queries, without a dot at the end. */
export const reverseName = (text: string): string | undefined => {
  const parsed = parseAddress(text)
  if (!parsed) return undefined
  const digits =
    parsed.family === 4
      ? formatAddress(4, parsed.value).split('.')
      : [...parsed.value.toString(16).padStart(32, '0')]
  return `${digits.toReversed().join('.')}.${parsed.family === 4 ? 'in-addr' : 'ip6'}.arpa`
}

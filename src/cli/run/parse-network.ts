import { isIP } from 'node:net'
import { usage } from './parse-verb.ts'

/** One --network. */
export interface NetworkWord {
  readonly network: string
  readonly aliases?: readonly string[]
  readonly ipv4?: string
  readonly ipv6?: string
  readonly macAddress?: string
  readonly gatewayPriority?: number
}

type Field = (value: string, bad: (why: string) => never) => Partial<NetworkWord>

const fields: Readonly<Record<string, Field>> = {
  name: (value) => ({ network: value === 'default' ? 'bridge' : value }),
  alias: (value, bad) =>
    /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(value)
      ? { aliases: [value] }
      : bad(`${value} is no host name`),
  ip: (value, bad) => (isIP(value) === 4 ? { ipv4: value } : bad(`${value} is not an IPv4 address`)),
  ip6: (value, bad) => (isIP(value) === 6 ? { ipv6: value } : bad(`${value} is not an IPv6 address`)),
  'mac-address': (value, bad) =>
    /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value) && (Number.parseInt(value.slice(0, 2), 16) & 1) === 0
      ? { macAddress: value.toLowerCase() }
      : bad(`${value} is no hardware address of one interface`),
  'gw-priority': (value, bad) =>
    /^-?\d{1,9}$/.test(value) ? { gatewayPriority: Number(value) } : bad(`${value} is not a whole number`),
}

/** --network `NAME`, `name=NAME,alias=..,ip=..,ip6=..,mac-address=..,gw-priority=..`; the first word may be the name alone. Throws `usage`. */
export const parseNetwork = (text: string): NetworkWord => {
  const bad = (why: string): never => {
    throw usage('run', `--network ${JSON.stringify(text)}: ${why}`)
  }
  let word: NetworkWord = { network: '' }
  for (const [index, field] of text.split(',').entries()) {
    const equals = field.indexOf('=')
    const key = equals < 0 && index === 0 ? 'name' : field.slice(0, Math.max(equals, 0)).toLowerCase()
    const read = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (!read) return bad(`expected one of ${Object.keys(fields).join(', ')}, found ${JSON.stringify(field)}`)
    const found = read(field.slice(equals + 1), bad)
    const aliases = [...(word.aliases ?? []), ...(found.aliases ?? [])]
    word = { ...word, ...found, ...(aliases.length > 0 ? { aliases } : {}) }
  }
  return word.network === '' || word.network === 'container:' ? bad('expected the name of a network') : word
}

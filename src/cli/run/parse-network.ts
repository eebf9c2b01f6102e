import { isIP } from 'node:net'
import type { ContainerLink } from '../../engine/index.ts'
import { splitFields } from '../csv-line.ts'
import { usage } from './parse-verb.ts'

/** One --network. */
export interface NetworkWord {
  readonly network: string
  readonly aliases?: readonly string[]
  readonly ipv4?: string
  readonly ipv6?: string
  readonly macAddress?: string
  readonly gatewayPriority?: number
  readonly linkLocal?: readonly string[]
  readonly driverOptions?: Readonly<Record<string, string>>
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
  'link-local-ip': (value, bad) =>
    isIP(value) === 0 ? bad(`${value} is not an IP address`) : { linkLocal: [value] },
  'driver-opt': (value, bad) => {
    const [, key, text] = /^([^=]+)=(.*)$/.exec(value) ?? []
    return key === undefined || text === undefined
      ? bad(`driver-opt ${value}: expected KEY=VALUE`)
      : { driverOptions: { [key.trim().toLowerCase()]: text.trim() } }
  },
}

/** --network `NAME`, `name=NAME,alias=..,ip=..,ip6=..,mac-address=..,gw-priority=..`; the first word may be the name alone. Throws `usage`. */
export const parseNetwork = (text: string): NetworkWord => networkOfFields(splitFields(text))

/** The same of the words between the commas. Throws `usage`. */
export const networkOfFields = (words: readonly string[]): NetworkWord => {
  const bad = (why: string): never => {
    throw usage('run', `--network ${JSON.stringify(words.join(','))}: ${why}`)
  }
  let word: NetworkWord = { network: '' }
  for (const [index, field] of words.entries()) {
    const equals = field.indexOf('=')
    const key = equals < 0 && index === 0 ? 'name' : field.slice(0, Math.max(equals, 0)).toLowerCase()
    const read = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (!read) return bad(`expected one of ${Object.keys(fields).join(', ')}, found ${JSON.stringify(field)}`)
    const found = read(field.slice(equals + 1), bad)
    word = merged(word, found)
  }
  return word.network === '' || word.network === 'container:' ? bad('expected the name of a network') : word
}

/** What may be said several times adds up. */
const merged = (word: NetworkWord, found: Partial<NetworkWord>): NetworkWord => {
  const aliases = [...(word.aliases ?? []), ...(found.aliases ?? [])]
  const linkLocal = [...(word.linkLocal ?? []), ...(found.linkLocal ?? [])]
  const driverOptions = { ...word.driverOptions, ...found.driverOptions }
  return {
    ...word,
    ...found,
    ...(aliases.length > 0 ? { aliases } : {}),
    ...(linkLocal.length > 0 ? { linkLocal } : {}),
    ...(Object.keys(driverOptions).length > 0 ? { driverOptions } : {}),
  }
}

/** --link `CONTAINER[:ALIAS]`. Throws `usage`. */
export const parseLink = (text: string): ContainerLink => {
  const [container = '', alias = container.replace(/^\//, ''), ...more] = text.split(':')
  if (container !== '' && /^[A-Za-z0-9_.-]+$/.test(alias) && more.length === 0) return { container, alias }
  throw usage('run', `--link ${JSON.stringify(text)}: expected CONTAINER or CONTAINER:ALIAS`)
}

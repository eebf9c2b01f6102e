import type { NetworkInterface } from '../../foundation/native/index.ts'
import { contains, parseAddress, parseCidr } from './cidr.ts'
import { NetworkError } from './errors.ts'
import type { NetworkRecord } from './network-record.ts'
import type { EndpointWish } from './types.ts'

/** Docker's names of options of --driver-opt that mean something here; others are kept. */
const endpointOption = {
  name: 'com.docker.network.endpoint.ifname',
  settings: 'com.docker.network.endpoint.sysctls',
} as const

/** Where addresses of a link lie, with the prefixes that docker gives them. */
const ranges = [
  { prefix: 16, cidr: parseCidr('169.254.0.0/16') },
  { prefix: 64, cidr: parseCidr('fe80::/10') },
]

/** What a wish says about the interface itself; its name is empty when it says none. Throws `bad-address`, `bad-driver-option`. */
export const endpointOptions = (
  record: NetworkRecord,
  { linkLocal = [], driverOptions = {} }: EndpointWish,
): Pick<NetworkInterface, 'name' | 'more' | 'settings'> => {
  const name = driverOptions[endpointOption.name]
  const settings = driverOptions[endpointOption.settings]
  if (name !== undefined && !/^(?!lo$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(name))
    throw badOption(record, `${endpointOption.name}=${name}: expected a name of an interface`)
  return {
    name: name ?? '',
    ...(linkLocal.length > 0 ? { more: linkLocal.map((text) => linkAddress(record, text)) } : {}),
    ...(settings === undefined ? {} : { settings: settings.split(',').map((one) => settingOf(record, one)) }),
  }
}

/** `169.254.3.4` -> `169.254.3.4/16` */
const linkAddress = (record: NetworkRecord, text: string): string => {
  const address = parseAddress(text)
  const range = ranges.find(({ cidr }) => cidr && address && contains(cidr, address.family, address.value))
  if (range) return `${text}/${range.prefix}`
  throw new NetworkError('bad-address', `join network ${record.name}: ${text} is no link-local address`, {
    hint: 'expected one of 169.254.0.0/16 or fe80::/10; others are given with --ip and --ip6',
  })
}

/** `net.ipv4.conf.IFNAME.log_martians=1` -> `ipv4/conf/IFNAME/log_martians=1` */
const settingOf = (record: NetworkRecord, text: string): string => {
  const [, family, table, key, value] =
    /^net\.(ipv4|ipv6|mpls)\.([a-z]+)\.IFNAME\.([a-z0-9_]+)=([A-Za-z0-9 :.-]{1,100})$/.exec(text) ?? []
  if (family && table && key && value) return `${family}/${table}/IFNAME/${key}=${value}`
  throw badOption(
    record,
    `${endpointOption.settings}: ${JSON.stringify(text)} is none of an interface`,
    'write net.ipv4.conf.IFNAME.KEY=VALUE; IFNAME stands for the interface',
  )
}

const badOption = (record: NetworkRecord, why: string, hint?: string): NetworkError =>
  new NetworkError(
    'bad-driver-option',
    `join network ${record.name}: ${why}`,
    hint === undefined ? {} : { hint },
  )

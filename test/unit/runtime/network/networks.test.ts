import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { arrange } from '../../../../src/runtime/network/arrange.ts'
import { formatCidr, parseCidr } from '../../../../src/runtime/network/cidr.ts'
import { checkEndpointWish } from '../../../../src/runtime/network/endpoint.ts'
import { endpointOptions } from '../../../../src/runtime/network/endpoint-options.ts'
import { nameEntries, nameEntry } from '../../../../src/runtime/network/names.ts'
import type { NetworkRecord } from '../../../../src/runtime/network/network-record.ts'
import { openNetworkStore } from '../../../../src/runtime/network/network-store.ts'
import { chooseIpv4, chooseIpv6 } from '../../../../src/runtime/network/pools.ts'
import { resolvConfFor } from '../../../../src/runtime/network/resolv-conf.ts'
import { parseRoutes6 } from '../../../../src/runtime/network/routes.ts'
import type { Endpoint } from '../../../../src/runtime/network/types.ts'
import { wantedSubnets } from '../../../../src/runtime/network/wanted-subnets.ts'

const cidrs = (...texts: readonly string[]) => texts.flatMap((text) => parseCidr(text) ?? [])
const nothing = { subnets: [], ranges: [], gateways: [], reserved: {} }

test('subnets are taken from the pools in order, around what is taken', () => {
  expect(formatCidr(chooseIpv4([]))).toBe('172.18.0.0/16')
  expect(formatCidr(chooseIpv4(cidrs('172.18.4.0/24', '172.19.0.0/16')))).toBe('172.20.0.0/16')
  expect(formatCidr(chooseIpv4(cidrs('172.16.0.0/12')))).toBe('192.168.0.0/20')
  expect(() => chooseIpv4(cidrs('172.16.0.0/12', '192.168.0.0/16'))).toThrow(
    expect.objectContaining({ code: 'no-free-subnet' }),
  )
  const ids = [1n, 2n]
  expect(formatCidr(chooseIpv6(cidrs('fd00:0:1::/64'), () => ids.shift() ?? 9n))).toBe('fd00:0:2::/64')
})

test('what is said of subnets belongs to the one it is in', () => {
  expect(
    wantedSubnets({
      subnets: ['10.1.0.5/24', 'fd00::/64'],
      ranges: ['10.1.0.128/25'],
      gateways: ['fd00::9'],
      reserved: { printer: '10.1.0.7' },
    }),
  ).toEqual([
    { subnet: '10.1.0.0/24', gateway: '10.1.0.1', range: '10.1.0.128/25', reserved: { printer: '10.1.0.7' } },
    { subnet: 'fd00::/64', gateway: 'fd00::9' },
  ])
})

test.each([
  { subnets: ['10.1.0.0'] },
  { subnets: ['10.1.0.0/31'] },
  { subnets: ['10.1.0.0/0'] },
  { subnets: ['10.1.0.0/24', '10.2.0.0/24'] },
  { subnets: ['10.1.0.0/24'], gateways: ['10.2.0.1'] },
  { subnets: ['10.1.0.0/24'], gateways: ['x'] },
  { subnets: ['10.1.0.0/24'], ranges: ['10.1.0.0/16'] },
  { gateways: ['10.1.0.1'] },
])('%j is refused', (wishes) => {
  expect(() => wantedSubnets({ ...nothing, ...wishes })).toThrow(
    expect.objectContaining({ code: 'bad-network' }),
  )
})

const endpoint = (network: string, more: Partial<Endpoint> = {}): Endpoint => ({
  network,
  networkId: network,
  id: network,
  internal: false,
  priority: 0,
  gateway4: `${network}.gw`,
  interface: { name: '', bridge: 'b', hostInterface: 'h', ipv4: { address: `${network}.2`, prefix: 24 } },
  names: [],
  leases: [],
  ...more,
})
const routes = (...endpoints: readonly Endpoint[]) =>
  arrange(endpoints).map(({ interface: one }) => `${one.name} ${one.ipv4?.gateway ?? '-'}`)

test('interfaces and the default route follow the names of networks', () => {
  expect(routes(endpoint('b'), endpoint('a'))).toEqual(['eth0 a.gw', 'eth1 -'])
  expect(routes(endpoint('a', { internal: true }), endpoint('b'))).toEqual(['eth0 -', 'eth1 b.gw'])
  expect(routes(endpoint('a'), endpoint('b', { priority: 1 }))).toEqual(['eth0 -', 'eth1 b.gw'])
  expect(routes(endpoint('a'), endpoint('b', { gateway6: 'x' }))).toEqual(['eth0 -', 'eth1 b.gw'])
  const [first] = arrange([endpoint('b')])
  expect(routes(first ?? endpoint('b'), endpoint('a'))).toEqual(['eth1 a.gw', 'eth0 -'])
})

test('entries of names are files that nothing can be smuggled into', () => {
  expect(nameEntries({ names: ['Web', '../x'], network: 'n1', addresses: ['10.1.0.2'] })).toEqual([
    'web@10.1.0.2',
    'web.n1@10.1.0.2',
    '2.0.1.10.in-addr.arpa@web.n1',
  ])
  expect(nameEntry('a@b', '10.1.0.2')).toBeUndefined()
  expect(nameEntry('a'.repeat(300), '10.1.0.2')).toBeUndefined()
})

const record = (name: string, subnets: NetworkRecord['subnets']): NetworkRecord => ({
  id: name.padEnd(64, '0'),
  name,
  driver: 'bridge',
  created: '',
  internal: false,
  attachable: false,
  ipv4: true,
  ipv6: false,
  labels: {},
  options: {},
  subnets,
})

test('addresses can be chosen in subnets that somebody chose', () => {
  const own = record('own', [{ subnet: '10.1.0.0/24', gateway: '10.1.0.1' }])
  const auto = record('auto', [{ subnet: '10.1.0.0/24', gateway: '10.1.0.1', chosen: true }])
  expect(() => checkEndpointWish(own, { network: 'own', ipv4: '10.1.0.9' })).not.toThrow()
  const bad = expect.objectContaining({ code: 'bad-address' })
  expect(() => checkEndpointWish(own, { network: 'own', ipv4: '10.2.0.9' })).toThrow(bad)
  expect(() => checkEndpointWish(auto, { network: 'auto', ipv4: '10.1.0.9' })).toThrow(bad)
  expect(() => checkEndpointWish(record('bridge', []), { network: 'bridge', aliases: ['x'] })).toThrow(bad)
})

test('options of interfaces are checked before anything is made', () => {
  const own = record('own', [])
  const wish = (driverOptions: Readonly<Record<string, string>>, ...linkLocal: readonly string[]) =>
    endpointOptions(own, { network: 'own', driverOptions, linkLocal })
  const [name, settings] = ['com.docker.network.endpoint.ifname', 'com.docker.network.endpoint.sysctls']
  expect(
    wish(
      { [name]: 'wan0', [settings]: 'net.ipv4.conf.IFNAME.a=1,net.ipv6.neigh.IFNAME.b=2', other: 'x' },
      '169.254.1.2',
      'fe80::2',
    ),
  ).toEqual({
    name: 'wan0',
    settings: ['ipv4/conf/IFNAME/a=1', 'ipv6/neigh/IFNAME/b=2'],
    more: ['169.254.1.2/16', 'fe80::2/64'],
  })
  expect(wish({})).toEqual({ name: '' })
  const bad = expect.objectContaining({ code: 'bad-driver-option' })
  for (const word of ['lo', 'a/b', '..', '', 'sixteen-letters-x'])
    expect(() => wish({ [name]: word })).toThrow(bad)
  for (const word of [
    'net.ipv4.ip_forward=1',
    'net.ipv4.conf.all.forwarding=1',
    'net.ipv4.conf.IFNAME.../x=1',
    'kernel.x.IFNAME.y=1',
  ])
    expect(() => wish({ [settings]: word })).toThrow(bad)
  for (const address of ['10.0.0.1', '169.255.0.1', 'fd00::1'])
    expect(() => wish({}, address)).toThrow(expect.objectContaining({ code: 'bad-address' }))
})

test('networks are found by name, id and the beginning of one', () => {
  const root = mkdtempSync(join(tmpdir(), 'tsbuild-networks-'))
  try {
    const store = openNetworkStore(root)
    expect(store.add(record('dada', []))).toBe(true)
    expect(store.add(record('dada', []))).toBe(false)
    expect(store.add(record('bridge', []))).toBe(false)
    expect(store.list().map(({ name }) => name)).toEqual(['bridge', 'dada', 'host', 'none'])
    expect(store.find('dada000').name).toBe('dada')
    expect(() => store.find('dado')).toThrow(
      expect.objectContaining({ code: 'no-such-network', hint: 'did you mean dada?' }),
    )
    store.remove(record('dada', []))
    expect(readdirSync(join(root, 'records/networks'))).toEqual([])
  } finally {
    rmSync(root, { recursive: true })
  }
})

test('a container with a name server of its own asks for names as they are', () => {
  const host = 'nameserver 192.0.2.1\nsearch example\noptions timeout:1\n'
  expect(resolvConfFor(host, { kind: 'bridge', resolver: '127.0.0.11' })).toBe(
    'nameserver 127.0.0.11\nsearch example\noptions timeout:1 ndots:0\n',
  )
})

test('routes of IPv6 are networks of interfaces', () => {
  const line = (to: string, prefix: string, name: string): string =>
    `${to} ${prefix} ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000100 00000001 00000000 00000001 ${name}`
  const text = [
    line(`fd01${'0'.repeat(28)}`, '40', 'br0'),
    line(`fd02${'0'.repeat(28)}`, '40', 'mine'),
    line(`fe80${'0'.repeat(28)}`, '40', 'br0'),
    line('0'.repeat(32), '00', 'br0'),
    line(`fd01${'0'.repeat(27)}1`, '80', 'br0'),
  ].join('\n')
  expect(parseRoutes6(text, 'mine').map(formatCidr)).toEqual(['fd01::/64'])
})

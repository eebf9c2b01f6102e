import { expect, test } from 'vitest'
import {
  addressesFrom,
  formatIpv4,
  gatewayOf,
  macFor,
  overlaps,
  parseIpv4,
} from '../../../../src/runtime/network/ipv4.ts'
import { parseRoutes } from '../../../../src/runtime/network/routes.ts'
import { chooseSubnet } from '../../../../src/runtime/network/subnet.ts'

test.each(['10.88.0.1', '0.0.0.0', '255.255.255.255', '192.168.3.77'])(
  '%s survives parsing and formatting',
  (text) => {
    expect(formatIpv4(parseIpv4(text) ?? -1)).toBe(text)
  },
)

test.each(['10.88.0', '10.88.0.256', '::1', '10.88.0.1 ', 'a.b.c.d', ''])('%j is no address', (text) => {
  expect(parseIpv4(text)).toBeUndefined()
})

test('networks overlap when one holds the other', () => {
  const net = (network: string, prefix: number) => ({ network, prefix })
  expect(overlaps(net('10.0.0.0', 8), net('10.88.0.0', 16))).toBe(true)
  expect(overlaps(net('10.88.128.0', 24), net('10.88.0.0', 16))).toBe(true)
  expect(overlaps(net('10.89.0.0', 16), net('10.88.0.0', 16))).toBe(false)
  expect(overlaps(net('192.168.0.0', 24), net('192.168.1.0', 24))).toBe(false)
})

test('addresses end before the broadcast address', () => {
  const subnet = { network: '192.168.5.8', prefix: 29 }
  expect([...addressesFrom(subnet, 5)]).toEqual(['192.168.5.13', '192.168.5.14'])
  expect([...addressesFrom({ network: '10.0.0.0', prefix: 31 }, 2)]).toEqual([])
  expect(gatewayOf(subnet)).toBe('192.168.5.9')
})

test('the MAC address is locally administered and follows the address', () => {
  expect(macFor('10.88.0.5')).toBe('02:42:0a:58:00:05')
})

const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
tsb0\t0000580A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
broken line
`

test('routes are read, default ones and those of the own bridge left out', () => {
  expect(parseRoutes(table, 'tsb0')).toEqual([{ network: '10.0.2.0', prefix: 24 }])
  expect(parseRoutes(table)).toHaveLength(2)
})

test('the first subnet is 10.88.0.0/16, and one that is routed already is passed over', () => {
  expect(chooseSubnet([])).toEqual({ network: '10.88.0.0', prefix: 16 })
  expect(chooseSubnet([{ network: '10.88.4.0', prefix: 24 }])).toEqual({ network: '10.89.0.0', prefix: 16 })
  expect(chooseSubnet([{ network: '10.0.0.0', prefix: 8 }])).toEqual({ network: '172.31.0.0', prefix: 16 })
})

test('other run directories get small subnets, spread by their seed', () => {
  const first = chooseSubnet([], 1234567)
  expect(first.prefix).toBe(24)
  expect(chooseSubnet([first], 1234567)).not.toEqual(first)
  expect(overlaps(first, { network: '10.88.0.0', prefix: 16 })).toBe(false)
})

test('a machine without a free private network gets a clear error', () => {
  const everything = [
    { network: '10.0.0.0', prefix: 8 },
    { network: '172.16.0.0', prefix: 12 },
    { network: '192.168.0.0', prefix: 16 },
  ]
  expect(() => chooseSubnet(everything)).toThrow(
    expect.objectContaining({ code: 'no-free-subnet', exitCode: 125 }),
  )
})

import { expect, test } from 'vitest'
import {
  contains,
  endsOf,
  formatAddress,
  formatCidr,
  hostsOf,
  overlap,
  parseAddress,
  parseCidr,
  reverseName,
} from '../../../../src/runtime/network/cidr.ts'

const cidr = (text: string) => parseCidr(text) ?? { family: 4 as const, address: -1n, prefix: 0 }

test.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::', '::'],
  ['::1', '::1'],
  ['fd00:0:0:1::', 'fd00:0:0:1::'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['2001:DB8::A', '2001:db8::a'],
  ['::ffff:10.0.0.1', '::ffff:a00:1'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'],
])('%s is an address, written %s', (text, canonical) => {
  const parsed = parseAddress(text)
  expect(parsed && formatAddress(parsed.family, parsed.value)).toBe(canonical)
})

test.each([
  '',
  '10.1',
  '10.1.2.256',
  '010.1.2.3',
  '1:2:3:4:5:6:7',
  '1::2::3',
  '1:2:3:4:5:6:7:8:9',
  '12345::',
  'g::',
  ':::',
  '1:2:3:4:5:6:7::8',
])('%j is no address', (text) => {
  expect(parseAddress(text)).toBeUndefined()
})

test('networks have their bits behind the prefix cleared, and know what is in them', () => {
  expect(formatCidr(cidr('10.1.2.3/16'))).toBe('10.1.0.0/16')
  expect(formatCidr(cidr('fd00::5/64'))).toBe('fd00::/64')
  expect(parseCidr('10.1.0.0/33')).toBeUndefined()
  expect(parseCidr('10.1.0.0')).toBeUndefined()
  expect(overlap(cidr('10.1.0.0/16'), cidr('10.1.255.0/24'))).toBe(true)
  expect(overlap(cidr('10.1.0.0/16'), cidr('10.2.0.0/16'))).toBe(false)
  expect(overlap(cidr('0.0.0.0/1'), cidr('::/1'))).toBe(false)
  expect(contains(cidr('10.1.0.0/16'), 4, 0x0a01ffffn)).toBe(true)
  expect(contains(cidr('10.1.0.0/16'), 4, 0x0a020000n)).toBe(false)
})

test('hosts are neither the network nor the broadcast address', () => {
  expect([...hostsOf(cidr('10.1.0.0/30'))]).toEqual(['10.1.0.1', '10.1.0.2'])
  expect([...hostsOf(cidr('10.1.0.0/24'), cidr('10.1.0.252/30'))]).toEqual([
    '10.1.0.252',
    '10.1.0.253',
    '10.1.0.254',
  ])
  expect([...hostsOf(cidr('fd00::/126'))]).toEqual(['fd00::1', 'fd00::2', 'fd00::3'])
  expect([...hostsOf(cidr('10.1.0.0/31'))]).toEqual(['10.1.0.0', '10.1.0.1'])
})

test('names of addresses go backwards', () => {
  expect(reverseName('172.18.0.2')).toBe('2.0.18.172.in-addr.arpa')
  expect(reverseName('fd00::2')).toBe(`2.${'0.'.repeat(29)}d.f.ip6.arpa`)
  expect(reverseName('x')).toBeUndefined()
})

test('the ends of a subnet are no hosts', () => {
  expect(endsOf(cidr('10.1.0.9/24'))).toEqual(['10.1.0.0', '10.1.0.255'])
  expect(endsOf(cidr('fd00::/64'))).toEqual(['fd00::'])
  expect(endsOf(cidr('10.1.0.0/31'))).toEqual([])
})

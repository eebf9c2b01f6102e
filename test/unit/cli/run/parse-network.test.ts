import { expect, test } from 'vitest'
import { parseLink, parseNetwork } from '../../../../src/cli/run/parse-network.ts'

const usage = expect.objectContaining({ code: 'usage', exitCode: 125 })

test('--network has fields, of which some may be said several times', () => {
  expect(parseNetwork('shop')).toEqual({ network: 'shop' })
  expect(
    parseNetwork(
      'name=shop,alias=a,alias=b,link-local-ip=169.254.3.4,link-local-ip=fe80::3,driver-opt=K=1,driver-opt=l=2=3',
    ),
  ).toEqual({
    network: 'shop',
    aliases: ['a', 'b'],
    linkLocal: ['169.254.3.4', 'fe80::3'],
    driverOptions: { k: '1', l: '2=3' },
  })
  expect(parseNetwork('name=shop,"driver-opt=k=1,2",gw-priority=-3')).toEqual({
    network: 'shop',
    driverOptions: { k: '1,2' },
    gatewayPriority: -3,
  })
})

test.each([
  '',
  'name=',
  'name=a,foo=b',
  'name=a,driver-opt=x',
  'name=a,link-local-ip=x',
  'name=a,ip=fe80::1',
])('--network %j is refused', (text) => expect(() => parseNetwork(text)).toThrow(usage))

test('--link', () => {
  expect(parseLink('db')).toEqual({ container: 'db', alias: 'db' })
  expect(parseLink('/db:store')).toEqual({ container: '/db', alias: 'store' })
  for (const text of ['', ':x', 'a:b:c', 'a:b c']) expect(() => parseLink(text)).toThrow(usage)
})

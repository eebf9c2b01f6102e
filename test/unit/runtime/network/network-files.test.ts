import { expect, test } from 'vitest'
import { hostsFileFor } from '../../../../src/runtime/network/hosts-file.ts'
import { socketsOf } from '../../../../src/runtime/network/port-owner.ts'
import { namesOnlyLoopback, resolvConfFor } from '../../../../src/runtime/network/resolv-conf.ts'

const host =
  '# made by hand\nnameserver 127.0.0.53\nnameserver 192.0.2.1\nsearch example.org corp\noptions ndots:2 edns0\n'

test('servers on loopback are left out behind a bridge and kept in the host network', () => {
  expect(resolvConfFor(host, { kind: 'bridge' })).toBe(
    'nameserver 192.0.2.1\nsearch example.org corp\noptions ndots:2 edns0\n',
  )
  expect(resolvConfFor(host, { kind: 'host' })).toContain('nameserver 127.0.0.53\nnameserver 192.0.2.1\n')
})

test('what is asked for replaces what the host says', () => {
  const text = resolvConfFor(host, {
    kind: 'bridge',
    servers: ['192.0.2.9'],
    search: ['.'],
    options: ['ndots:0'],
  })
  expect(text).toBe('nameserver 192.0.2.9\noptions ndots:0\n')
})

test('a host whose servers cannot be reached from a container gets public ones, but not without a network', () => {
  const stub = 'nameserver 127.0.0.53\nnameserver ::1\n'
  expect(resolvConfFor(stub, { kind: 'bridge' })).toMatch(/^nameserver \d/)
  expect(resolvConfFor(stub, { kind: 'none' })).toBe('')
  expect(namesOnlyLoopback(stub)).toBe(true)
  expect(namesOnlyLoopback(host)).toBe(false)
  expect(namesOnlyLoopback('')).toBe(false)
})

test('the last of several search lines counts', () => {
  expect(resolvConfFor('nameserver 192.0.2.1\ndomain a\nsearch b c\n', { kind: 'bridge' })).toContain(
    'search b c\n',
  )
})

test('hosts has loopback, the extra names and then the container itself', () => {
  const text = hostsFileFor({
    hostname: 'web',
    domainname: 'example.org',
    address: '10.88.0.5',
    extra: [{ name: 'db', address: '192.0.2.7' }],
  })
  const lines = text.split('\n')
  expect(lines[0]).toBe('127.0.0.1\tlocalhost')
  expect(lines).toContain('192.0.2.7\tdb')
  expect(lines.at(-2)).toBe('10.88.0.5\tweb.example.org web')
  expect(hostsFileFor({ hostname: 'web' })).not.toContain('web')
})

test('listening sockets are found by port and state', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F91 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 100 0 0 10 0
   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
`
  expect(socketsOf(table, 8081, '0A')).toEqual(['4711'])
  expect(socketsOf(table, 81, '0A')).toEqual([])
})

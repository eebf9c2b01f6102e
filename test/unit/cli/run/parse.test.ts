import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseEnvironment } from '../../../../src/cli/run/parse-env.ts'
import { parseExpose, parsePublish } from '../../../../src/cli/run/parse-ports.ts'
import {
  parseBytes,
  parseCpus,
  parseExtraHost,
  parseUlimit,
  parseWait,
  parseWhole,
} from '../../../../src/cli/run/parse-values.ts'

const usage = expect.objectContaining({ code: 'usage', exitCode: 125 })

test.each([
  ['80', [{ protocol: 'tcp', hostPort: 0, containerPort: 80 }]],
  ['0:80', [{ protocol: 'tcp', hostPort: 0, containerPort: 80 }]],
  ['8080:80', [{ protocol: 'tcp', hostPort: 8080, containerPort: 80 }]],
  ['5353:53/udp', [{ protocol: 'udp', hostPort: 5353, containerPort: 53 }]],
  ['127.0.0.1:8080:80', [{ protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 8080, containerPort: 80 }]],
  ['127.0.0.1::80', [{ protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 0, containerPort: 80 }]],
  ['[::1]:8080:80', [{ protocol: 'tcp', hostAddress: '::1', hostPort: 8080, containerPort: 80 }]],
  [
    '8000-8001:80-81',
    [
      { protocol: 'tcp', hostPort: 8000, containerPort: 80 },
      { protocol: 'tcp', hostPort: 8001, containerPort: 81 },
    ],
  ],
  ['8000-8009:80', [{ protocol: 'tcp', hostPort: 8000, lastHostPort: 8009, containerPort: 80 }]],
  ['8080:80/UDP', [{ protocol: 'udp', hostPort: 8080, containerPort: 80 }]],
  [
    'published=8080,target=80,protocol=udp,mode=host',
    [{ protocol: 'udp', hostPort: 8080, containerPort: 80 }],
  ],
  ['target=80', [{ protocol: 'tcp', hostPort: 0, containerPort: 80 }]],
])('-p %s', (text, mappings) => expect(parsePublish(text)).toEqual(mappings))

test.each([
  '',
  '8080:0',
  '70000:80',
  '8080:80/sctp',
  'published=8080',
  'published=8080,target=80,host_ip=127.0.0.1',
  'published=8080,target=80,mode=other',
  '8000-8002:80-81',
  '81-80',
  'host:8080:80',
  'a:b',
  '1:2:3:4',
  '80:',
  '1-65535',
  '::1:80:80',
])('-p %j is refused', (text) => expect(() => parsePublish(text)).toThrow(usage))

test('--expose', () => {
  expect(parseExpose('80')).toEqual(['80/tcp'])
  expect(parseExpose('53-54/udp')).toEqual(['53/udp', '54/udp'])
  expect(parseExpose('9899/SCTP')).toEqual(['9899/sctp'])
  expect(() => parseExpose('x')).toThrow(usage)
})

test.each([
  ['512m', 512 << 20],
  ['1.5g', 1.5 * 2 ** 30],
  ['64KiB', 65536],
  ['64kb', 65536],
  ['100', 100],
  ['100b', 100],
  ['2G', 2 ** 31],
])('%s is %d bytes', (text, bytes) => expect(parseBytes('-m', text)).toBe(bytes))
test.each(['', 'm', '-5m', '1x', '1mm', '0x10'])('%j is no size', (text) => {
  expect(() => parseBytes('-m', text)).toThrow(usage)
})

test('numbers', () => {
  expect(parseWhole('-x', '-1', -1)).toBe(-1)
  expect(() => parseWhole('-x', '-2', -1)).toThrow(usage)
  expect(() => parseWhole('-x', '1.5', 0)).toThrow(usage)
  expect(() => parseWhole('-x', '', 0)).toThrow(usage)
  expect(parseCpus('1.5')).toBe(1.5)
  expect(parseCpus('.5')).toBe(0.5)
  for (const bad of ['0', '-1', 'x', '', '1e3']) expect(() => parseCpus(bad)).toThrow(usage)
})

test('--ulimit', () => {
  expect(parseUlimit('nofile=1024:2048')).toEqual({ type: 'RLIMIT_NOFILE', soft: 1024, hard: 2048 })
  expect(parseUlimit('core=-1')).toEqual({ type: 'RLIMIT_CORE', soft: -1, hard: -1 })
  for (const bad of ['nofile', 'nofile=', 'nope=1', 'nofile=a']) expect(() => parseUlimit(bad)).toThrow(usage)
})

test('--add-host', () => {
  expect(parseExtraHost('db:192.0.2.1')).toEqual({ name: 'db', address: '192.0.2.1' })
  expect(parseExtraHost('db=[2001:db8::1]')).toEqual({ name: 'db', address: '2001:db8::1' })
  expect(parseExtraHost('host:host-gateway').address).toBe('host-gateway')
  // A line break would be a line of its own in the container's hosts file.
  for (const bad of ['db', 'db:', ':192.0.2.1', 'a\n1.2.3.4 b:192.0.2.1', 'db:x y'])
    expect(() => parseExtraHost(bad)).toThrow(usage)
})

test('-e and --env-file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tsbuild-env-'))
  writeFileSync(join(dir, 'env'), '# comment\n\nA=1 2\nHOST\nMISSING\nB="x"\n')
  const cli = { env: { HOST: 'h' }, cwd: dir }
  expect(parseEnvironment(cli, ['env'], ['C=', 'HOST', 'MISSING'])).toEqual([
    'A=1 2',
    'HOST=h',
    'B="x"',
    'C=',
    'HOST=h',
  ])
  expect(() => parseEnvironment(cli, ['none'], [])).toThrow(usage)
  expect(() => parseEnvironment(cli, [], ['=x'])).toThrow(usage)
  writeFileSync(join(dir, 'env'), 'A B=1\n')
  expect(() => parseEnvironment(cli, ['env'], [])).toThrow(usage)
  rmSync(dir, { recursive: true })
})

test('seconds of stop: negative ones are for ever, and the verb is named', () => {
  expect([parseWait('stop', '0'), parseWait('stop', '-2'), parseWait('stop', '7')]).toEqual([0, -2, 7])
  for (const text of ['', 'x', '1.5', '1s', '99999999999999999999'])
    expect(() => parseWait('restart', text)).toThrow(/^restart: --time/)
})

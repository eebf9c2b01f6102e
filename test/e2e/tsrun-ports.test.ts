import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterAll, expect, test } from 'vitest'
import {
  containerLeftovers,
  eventually,
  freshName,
  startDetached,
  watchLeftovers,
} from '../support/e2e/containers.ts'
import { expectCode, runCommand, tsrun } from '../support/e2e/rig.ts'

afterAll(watchLeftovers())

/** Answers each connection with one line and closes it. */
const server = (address: string): readonly string[] => [
  'debian:bookworm',
  'perl',
  '-MIO::Socket::INET',
  '-e',
  `$s = IO::Socket::INET->new(Listen => 50, LocalAddr => "${address}:80", ReuseAddr => 1) or die;
   while ($c = $s->accept) { print $c "page\n"; close $c }`,
]

const udpServer: readonly string[] = [
  'debian:bookworm',
  'perl',
  '-MIO::Socket::INET',
  '-e',
  '$s = IO::Socket::INET->new(Proto => "udp", LocalAddr => "0.0.0.0:53") or die; while (1) { $s->recv($x, 1000); $s->send("got $x") }',
]

const echoServer: readonly string[] = [
  'debian:bookworm',
  'perl',
  '-MIO::Socket::INET',
  '-e',
  `$s = IO::Socket::INET->new(Listen => 50, LocalAddr => "0.0.0.0:80", ReuseAddr => 1) or die;
   while ($c = $s->accept) { $c->autoflush; print $c $b while sysread $c, $b, 65536; close $c }`,
]

/** Sends everything, closes that direction, and returns what comes back; empty when the connection fails. */
const echo = (port: number, payload: Buffer): Promise<Buffer> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', () => resolve(Buffer.alloc(0)))
    socket.on('end', () => {
      socket.end()
      resolve(Buffer.concat(chunks))
    })
    // The server sees the end of the data only when a half-closed connection is passed on.
    socket.end(payload)
  })

const portOf = async (name: string, port = '80'): Promise<number> =>
  Number(
    expectCode(await tsrun(['port', name, port]))
      .stdout.split('\n')[0]
      ?.split(':')
      .at(-1),
  )

/** What a server sends until it closes; '' when the connection fails. */
const fetchLine = (host: string, port: number): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    const socket = connect({ host, port })
    socket.on('data', (chunk) => {
      text += chunk.toString()
    })
    socket.on('error', () => resolve(''))
    socket.on('close', () => resolve(text))
    socket.setTimeout(3000, () => socket.destroy())
  })

const ownAddress = (): string =>
  Object.values(networkInterfaces())
    .flat()
    .find((entry) => entry?.family === 'IPv4' && !entry.internal && !entry.address.startsWith('10.1'))
    ?.address ?? '127.0.0.1'

test('a published port answers on loopback, IPv6 loopback and the address of the machine', async () => {
  const name = freshName()
  await using _ = await startDetached('--name', name, '-p', '80', ...server('0.0.0.0'))
  const port = await portOf(name)
  for (const host of ['127.0.0.1', '::1', ownAddress()]) {
    await eventually(async () => (await fetchLine(host, port)) === 'page\n')
  }
  expect((await tsrun(['ps', '--filter', `name=${name}`, '--format', '{{.Ports}}'])).stdout).toBe(
    `0.0.0.0:${port}->80/tcp, [::]:${port}->80/tcp\n`,
  )
})

test('a server that listens on loopback only is reached too', async () => {
  const name = freshName()
  await using _ = await startDetached('--name', name, '-p', '127.0.0.1::80', ...server('127.0.0.1'))
  const port = await portOf(name)
  await eventually(async () => (await fetchLine('127.0.0.1', port)) === 'page\n')
  expect(await fetchLine('::1', port)).toBe('')
})

test('much data passes both ways, and half-closed connections work', async () => {
  const name = freshName()
  await using _ = await startDetached('--name', name, '-p', '127.0.0.1::80', ...echoServer)
  const port = await portOf(name)
  await eventually(async () => (await echo(port, Buffer.from('ready'))).toString() === 'ready')
  const payload = Buffer.alloc(8 << 20, 'abcdefgh')
  const echoed = await echo(port, payload)
  expect(echoed.equals(payload)).toBe(true)
})

test('UDP', async () => {
  const name = freshName()
  await using _ = await startDetached('--name', name, '-p', '127.0.0.1::53/udp', ...udpServer)
  const port = await portOf(name, '53/udp')
  const client = createSocket('udp4')
  const answer = new Promise<string>((resolve) => client.on('message', (text) => resolve(text.toString())))
  const asking = setInterval(() => client.send('hello\n', port, '127.0.0.1'), 200)
  try {
    expect(await answer).toBe('got hello\n')
  } finally {
    clearInterval(asking)
    client.close()
  }
})

test('a busy port is named with who has it; the container waits for another try', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as AddressInfo
  const name = freshName()
  const result = await tsrun(['-d', '--name', name, '-p', `${port}:80`, ...server('0.0.0.0')])
  taken.close()
  expect(result.code).toBe(125)
  expect(result.stderr).toContain(`port ${port} is already in use by`)
  expect(result.stderr).toContain(`(pid ${process.pid})`)
  const state = await tsrun(['inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', name])
  expect(state.stdout).toBe('created 128\n')
  expectCode(await tsrun(['start', name]))
  expectCode(await tsrun(['rm', '-f', name]))
  expect(containerLeftovers()).toEqual([])
})

test('a port that another container has names the container', async () => {
  const name = freshName()
  await using _ = await startDetached('--name', name, '-p', '80', ...server('0.0.0.0'))
  const result = await tsrun(['--rm', '-p', `${await portOf(name)}:80`, 'busybox', 'true'])
  expect(result).toMatchObject({ code: 125, stderr: expect.stringContaining(`in use by container ${name}`) })
})

test('ranges and -P', async () => {
  const name = freshName()
  await using _ = await startDetached('--name', name, '--expose', '7000-7001', '-P', ...server('0.0.0.0'))
  const lines = (await tsrun(['port', name])).stdout.trim().split('\n')
  expect(lines.map((line) => line.split(' ')[0]).sort()).toEqual([
    '7000/tcp',
    '7000/tcp',
    '7001/tcp',
    '7001/tcp',
  ])
})

test('networks: none has only loopback, host is ours, bridge reaches its gateway and other containers', async () => {
  const links = (network: string) =>
    tsrun(['--rm', '--network', network, 'busybox', 'sh', '-c', 'ls /sys/class/net | tr "\\n" " "'])
  expect((await links('none')).stdout).toBe('lo ')
  expect((await links('bridge')).stdout).toBe('eth0 lo ')
  // Tests that run at the same time make bridges and remove them.
  const lasting = (text: string): string => text.replaceAll(/ts[bv]\S* /g, '')
  const ours = await runCommand('sh', ['-c', 'ls /sys/class/net | tr "\\n" " "'])
  expect(lasting((await links('host')).stdout)).toBe(lasting(ours.stdout))
  const name = freshName()
  await using _ = await startDetached('--name', name, ...server('0.0.0.0'))
  const address = (await tsrun(['inspect', '-f', '{{.NetworkSettings.IPAddress}}', name])).stdout.trim()
  await eventually(
    async () =>
      (await tsrun(['--rm', 'busybox', 'sh', '-c', `nc -w 2 ${address} 80 </dev/null`])).stdout === 'page\n',
  )
})

test("hosts, resolv.conf and hostname are the container's own", async () => {
  const result = await tsrun([
    '--rm',
    '-h',
    'box',
    '--add-host',
    'db:192.0.2.7',
    '--dns',
    '192.0.2.53',
    '--dns-search',
    'example.org',
    'busybox',
    'sh',
    '-c',
    'cat /etc/hosts /etc/resolv.conf /etc/hostname',
  ])
  expect(result.stdout).toMatch(
    /192\.0\.2\.7\tdb\n10\.[\d.]+\tbox\nnameserver 192\.0\.2\.53\nsearch example\.org\n/,
  )
  expect(result.stdout).toMatch(/\nbox\n$/)
})

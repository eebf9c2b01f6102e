import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, inject, test } from 'vitest'
import { eventually, freshName, pidIn, startDetached, watchLeftovers } from '../support/e2e/containers.ts'
import { expectCode, tsrun } from '../support/e2e/rig.ts'

afterAll(watchLeftovers())

const sleep = ['busybox', 'sleep', '1000'] as const
const ip = (...args: readonly string[]): string => execFileSync('ip', args, { encoding: 'utf8' })

/** A network of its own, gone at the end of the test. */
const freshNetwork = async (...args: readonly string[]) => {
  const name = freshName()
  const id = expectCode(await tsrun(['network', 'create', ...args, name])).stdout.trim()
  return {
    name,
    id,
    [Symbol.asyncDispose]: async () => void (await tsrun(['network', 'rm', name])),
  }
}

const inspect = async (id: string, template: string): Promise<string> =>
  expectCode(await tsrun(['inspect', '-f', template, id])).stdout.trim()

const addressOf = (id: string, network: string): Promise<string> =>
  inspect(id, `{{.NetworkSettings.Networks.${network}.IPAddress}}`)

/** Whether one packet comes back from inside a container. */
const reaches = async (id: string, target: string): Promise<boolean> =>
  (await tsrun(['exec', id, 'ping', '-c', '1', '-W', '1', target])).code === 0

const lookUp = async (id: string, name: string): Promise<readonly string[]> => {
  const { stdout } = await tsrun(['exec', id, 'nslookup', name])
  const [, answers = ''] =
    stdout.split(/\n\n/s, 2).length > 1 ? [0, stdout.slice(stdout.indexOf('\n\n'))] : []
  return [...answers.matchAll(/(?:Address: |name = )(\S+)/g)].map((match) => match[1] ?? '').sort()
}

/** Another machine: a network namespace at the end of a cable. */
const otherHost = (subnet: string) => {
  const name = freshName()
  const ends = [`${name.slice(0, 10)}h`, `${name.slice(0, 10)}p`] as const
  ip('netns', 'add', name)
  ip('link', 'add', ends[0], 'type', 'veth', 'peer', 'name', ends[1], 'netns', name)
  ip('addr', 'add', `${subnet}.1/24`, 'dev', ends[0])
  ip('link', 'set', ends[0], 'up')
  ip('-n', name, 'addr', 'add', `${subnet}.2/24`, 'dev', ends[1])
  ip('-n', name, 'link', 'set', ends[1], 'up')
  return {
    address: `${subnet}.2`,
    host: `${subnet}.1`,
    route: (to: string) => ip('-n', name, 'route', 'add', to, 'via', `${subnet}.1`),
    run: (...args: readonly string[]): string => {
      try {
        return execFileSync('ip', ['netns', 'exec', name, ...args], { encoding: 'utf8', stdio: 'pipe' })
      } catch {
        return ''
      }
    },
    [Symbol.dispose]: () => void ip('netns', 'del', name),
  }
}

test('containers of a network find each other by name, alias and id; those of others are out of reach', async () => {
  await using one = await freshNetwork()
  // Nobody outside is asked for what is not known there.
  await using two = await freshNetwork('--internal')
  const [web, alias] = [freshName(), freshName()]
  await using a = await startDetached('--name', web, '--network', `${one.name},alias=${alias}`, ...sleep)
  await using b = await startDetached('--network', one.name, '--network-alias', alias, ...sleep)
  await using c = await startDetached('--network', two.name, ...sleep)
  await using d = await startDetached(...sleep)
  const [first, second] = await Promise.all([a, b].map(({ id }) => addressOf(id, one.name)))
  expect(await lookUp(b.id, web)).toEqual([first])
  expect(await lookUp(b.id, web.toUpperCase())).toEqual([first])
  expect(await lookUp(b.id, `${web}.${one.name}`)).toEqual([first])
  expect(await lookUp(b.id, a.id.slice(0, 12))).toEqual([first])
  expect(await lookUp(b.id, alias)).toEqual([first, second].sort())
  expect(await lookUp(b.id, first ?? '')).toEqual([`${web}.${one.name}`])
  expect(await reaches(b.id, web)).toBe(true)
  expect(await lookUp(c.id, web)).toEqual([])
  expect(await reaches(c.id, first ?? '')).toBe(false)
  expect(await reaches(d.id, first ?? '')).toBe(false)
  expect(await inspect(b.id, `{{json .NetworkSettings.Networks.${one.name}.DNSNames}}`)).toContain(alias)
  const members = await tsrun(['network', 'inspect', '-f', '{{json .Containers}}', one.name])
  expect(Object.keys(JSON.parse(members.stdout)).sort()).toEqual([a.id, b.id].sort())
  const listed = await tsrun(['ps', '-q', '--no-trunc', '--filter', `network=${one.name}`])
  expect(listed.stdout.trim().split('\n').sort()).toEqual([a.id, b.id].sort())
})

test('ports are reached from other machines, this one and the container; the container only by them', async () => {
  using other = otherHost('10.231.90')
  await using network = await freshNetwork()
  await using inside = await freshNetwork('--internal')
  const serve = 'mkdir /w; echo page > /w/index.html; exec busybox httpd -f -p 80 -h /w'
  await using a = await startDetached('--network', network.name, '-p', '80', 'busybox', 'sh', '-c', serve)
  await using b = await startDetached('--network', inside.name, ...sleep)
  const port = (await tsrun(['port', a.id, '80'])).stdout.split('\n')[0]?.split(':').at(-1) ?? ''
  const fetch = (host: string) =>
    execFileSync('busybox', ['wget', '-qO-', `http://${host}:${port}/`], { encoding: 'utf8' })
  await eventually(() => other.run('busybox', 'wget', '-qO-', `http://${other.host}:${port}/`) === 'page\n')
  expect(fetch('127.0.0.1')).toBe('page\n')
  expect(fetch('[::1]')).toBe('page\n')
  const hairpin = await tsrun(['exec', a.id, 'busybox', 'wget', '-qO-', `http://${other.host}:${port}/`])
  expect(hairpin.stdout).toBe('page\n')
  // The other machine knows the way, and still does not get in.
  const address = await addressOf(a.id, network.name)
  other.route(`${address}/32`)
  expect(other.run('ping', '-c', '1', '-W', '1', address)).not.toContain(' 0% packet loss')
  expect(await reaches(a.id, other.address)).toBe(true)
  expect(await reaches(b.id, other.address)).toBe(false)
  const out = [
    'ip',
    'route',
    'add',
    other.address,
    'via',
    (await addressOf(b.id, inside.name)).replace(/\d+$/, '1'),
  ]
  expectCode(await tsrun(['exec', '--privileged', b.id, ...out]))
  expect(await reaches(b.id, other.address)).toBe(false)
})

test('containers can be kept apart on one network', async () => {
  await using network = await freshNetwork('-o', 'com.docker.network.bridge.enable_icc=false')
  await using a = await startDetached('--network', network.name, ...sleep)
  await using b = await startDetached('--network', network.name, ...sleep)
  const address = await addressOf(a.id, network.name)
  expect(await reaches(b.id, address)).toBe(false)
  expect(await reaches(b.id, address.replace(/\d+$/, '1'))).toBe(true)
})

test('IPv6 has addresses, names and a route', async () => {
  await using network = await freshNetwork('--ipv6', '--subnet', '10.231.91.0/24')
  await using a = await startDetached('--network', `${network.name},alias=six,ip=10.231.91.77`, ...sleep)
  await using b = await startDetached('--network', network.name, ...sleep)
  const six = await inspect(a.id, `{{.NetworkSettings.Networks.${network.name}.GlobalIPv6Address}}`)
  expect(six).toMatch(/^fd/)
  expect(await lookUp(b.id, 'six')).toEqual(['10.231.91.77', six])
  expectCode(await tsrun(['exec', b.id, 'ping', '-6', '-c', '1', '-W', '5', 'six']))
  expect((await tsrun(['exec', b.id, 'ip', '-6', 'route'])).stdout).toMatch(/^default via fd/m)
  for (const address of ['10.231.91.77', '10.231.91.255']) {
    const taken = await tsrun(['--rm', '--network', network.name, '--ip', address, 'busybox', 'true'])
    expect(taken).toMatchObject({ code: 125, stderr: expect.stringContaining('already in use') })
  }
})

test('a running container joins and leaves networks, and remembers it', async () => {
  await using one = await freshNetwork()
  await using two = await freshNetwork()
  await using a = await startDetached(...sleep)
  await using b = await startDetached('--network', one.name, ...sleep)
  expectCode(await tsrun(['network', 'connect', '--alias', 'late', one.name, a.id]))
  expectCode(await tsrun(['network', 'connect', one.name, a.id]), 1)
  await eventually(async () => (await lookUp(a.id, b.id.slice(0, 12))).length === 1)
  expect(await lookUp(b.id, 'late')).toEqual([await addressOf(a.id, one.name)])
  expectCode(await tsrun(['network', 'disconnect', 'bridge', a.id]))
  expectCode(await tsrun(['network', 'connect', two.name, a.id]))
  expectCode(await tsrun(['network', 'disconnect', two.name, a.id]))
  expectCode(await tsrun(['network', 'disconnect', two.name, a.id]), 1)
  const interfaces = async (): Promise<readonly string[]> =>
    (await tsrun(['exec', a.id, 'ls', '/sys/class/net'])).stdout.trim().split('\n')
  expect(await interfaces()).toEqual(['eth1', 'lo'])
  expect((await tsrun(['exec', a.id, 'ip', 'route'])).stdout).toMatch(/^default via \S+ dev eth1/)
  expectCode(await tsrun(['network', 'rm', one.name]), 1)
  expectCode(await tsrun(['restart', '-t', '0', a.id]))
  expect(await interfaces()).toEqual(['eth0', 'lo'])
  expect(await lookUp(b.id, 'late')).toEqual([await addressOf(a.id, one.name)])
})

test('an interface has a name, addresses and parameters of its own', async () => {
  await using network = await freshNetwork()
  const option = 'com.docker.network.endpoint'
  const fields = [
    `name=${network.name}`,
    `driver-opt=${option}.ifname=wan7`,
    `driver-opt=${option}.sysctls=net.ipv4.conf.IFNAME.log_martians=1`,
    'link-local-ip=169.254.77.1',
  ].join(',')
  const script = 'ip -4 -o addr show wan7; cat /proc/sys/net/ipv4/conf/wan7/log_martians'
  const seen = expectCode(await tsrun(['--rm', '--network', fields, 'busybox', 'sh', '-c', script])).stdout
  expect(seen).toContain('inet 169.254.77.1/16')
  expect(seen).toMatch(/\n1\n$/)
  await using a = await startDetached('--name', freshName(), '--network', network.name, ...sleep)
  await using b = await startDetached(...sleep)
  const link = ['--link', `${a.id.slice(0, 12)}:store`, '--link-local-ip', '169.254.77.2']
  expectCode(await tsrun(['network', 'connect', ...link, network.name, b.id]))
  expect((await tsrun(['exec', b.id, 'cat', '/etc/hosts'])).stdout).toContain(
    `${await addressOf(a.id, network.name)}\tstore`,
  )
  expect(await reaches(a.id, '169.254.77.2')).toBe(false)
  expect((await tsrun(['exec', b.id, 'ip', '-4', '-o', 'addr'])).stdout).toContain('inet 169.254.77.2/16')
})

test('published ports follow a container from one network to another, and end with the last', async () => {
  await using one = await freshNetwork()
  await using two = await freshNetwork()
  const serve = 'mkdir /w; echo page > /w/index.html; exec busybox httpd -f -p 80 -h /w'
  const ports = ['-p', '127.0.0.1:18760-18769:80'] as const
  await using a = await startDetached('--network', one.name, ...ports, 'busybox', 'sh', '-c', serve)
  await using b = await startDetached('--network', one.name, ...ports, ...sleep)
  const portOf = async (id: string) => (await tsrun(['port', id, '80'])).stdout.trim().split(':').at(-1) ?? ''
  const port = await portOf(a.id)
  expect(Number(await portOf(b.id))).toBeGreaterThan(Number(port))
  const fetch = (): string => {
    try {
      const words = ['wget', '-qO-', `http://127.0.0.1:${port}/`]
      return execFileSync('busybox', words, { encoding: 'utf8', stdio: 'pipe' })
    } catch {
      return 'refused'
    }
  }
  await eventually(() => fetch() === 'page\n')
  expectCode(await tsrun(['network', 'connect', two.name, a.id]))
  expectCode(await tsrun(['network', 'disconnect', one.name, a.id]))
  await eventually(() => fetch() === 'page\n')
  expectCode(await tsrun(['network', 'disconnect', two.name, a.id]))
  await eventually(() => fetch() === 'refused')
  expectCode(await tsrun(['network', 'connect', one.name, a.id]))
  await eventually(() => fetch() === 'page\n')
})

test("another container's network comes with its name and files", async () => {
  await using network = await freshNetwork()
  await using a = await startDetached('--network', network.name, '--hostname', 'shared', ...sleep)
  const mode = `--network=container:${a.id.slice(0, 12)}`
  const seen = expectCode(
    await tsrun(['--rm', mode, 'busybox', 'sh', '-c', 'hostname; ip -o -4 addr; cat /etc/hosts']),
  )
  expect(seen.stdout).toMatch(/^shared\n/)
  expect(seen.stdout).toContain(`inet ${await addressOf(a.id, network.name)}/`)
  expect(seen.stdout).toMatch(/\tshared\n/)
  for (const conflict of [
    ['-p', '80:80'],
    ['--hostname', 'x'],
    ['--dns', '192.0.2.1'],
    ['--expose', '80'],
  ])
    expectCode(await tsrun(['--rm', mode, ...conflict, 'busybox', 'true']), 125)
})

test('what does not exist or cannot be is refused as docker does', async () => {
  await using network = await freshNetwork('--subnet', '10.231.92.0/24')
  expectCode(await tsrun(['--rm', '--network', freshName(), 'busybox', 'true']), 125)
  expectCode(await tsrun(['network', 'create', network.name]), 1)
  expectCode(await tsrun(['network', 'create', '--subnet', '10.231.92.128/25', freshName()]), 1)
  expectCode(await tsrun(['network', 'create', 'host']), 1)
  expectCode(await tsrun(['network', 'rm', 'bridge']), 1)
  expectCode(await tsrun(['network', 'rm', freshName()]), 1)
  const missing = await tsrun(['network', 'inspect', freshName()])
  expect(missing).toMatchObject({ code: 1, stdout: '[]\n' })
  const host = expectCode(await tsrun(['--rm', '--network=host', '-p', '80:80', 'busybox', 'true']))
  expect(host.stderr).toContain('published ports are left out')
})

test('killed containers leave no names, and a removed network no bridge and no rules', async () => {
  await using network = await freshNetwork('--internal')
  const rules = (): string => execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8', stdio: 'pipe' })
  const live = join(inject('runRoot'), 'net', network.id)
  const name = freshName()
  await using a = await startDetached('--name', name, '--network', network.name, ...sleep)
  await using b = await startDetached('--network', network.name, ...sleep)
  const bridge =
    /tsb[0-9a-f]{11}/.exec(ip('-br', 'route', 'get', await addressOf(a.id, network.name)))?.[0] ?? '?'
  expect(rules()).toContain(bridge)
  process.kill(pidIn(a.dir, 'monitor'), 'SIGKILL')
  await eventually(
    async () => (await tsrun(['inspect', '-f', '{{.State.Status}}', a.id])).stdout === 'exited\n',
  )
  expect(await lookUp(b.id, name)).toEqual([])
  expect(readdirSync(join(live, 'leases')).filter((entry) => !entry.startsWith('.'))).toHaveLength(1)
  expectCode(await tsrun(['network', 'rm', network.name]), 1)
  expectCode(await tsrun(['rm', '-f', b.id]))
  expectCode(await tsrun(['network', 'rm', network.name]))
  expect(rules()).not.toContain(bridge)
  expect(ip('-br', 'link')).not.toContain(bridge)
  expect(readdirSync(join(inject('runRoot'), 'net'))).not.toContain(network.id)
})

test('many at once get addresses and subnets of their own', async () => {
  await using network = await freshNetwork()
  const many = await Promise.all(
    Array.from({ length: 10 }, () => startDetached('--network', network.name, ...sleep)),
  )
  const networks = await Promise.all(Array.from({ length: 5 }, () => freshNetwork('--ipv6')))
  try {
    const addresses = await Promise.all(many.map(({ id }) => addressOf(id, network.name)))
    expect(new Set(addresses).size).toBe(10)
    const configs = await Promise.all(
      networks.map(({ name }) => tsrun(['network', 'inspect', '-f', '{{json .IPAM.Config}}', name])),
    )
    const subnets = configs.flatMap(({ stdout }) =>
      [...stdout.matchAll(/"Subnet":"([^"]+)"/g)].map((match) => match[1]),
    )
    expect(new Set(subnets).size).toBe(10)
  } finally {
    await Promise.all([...many, ...networks].map((one) => one[Symbol.asyncDispose]()))
  }
})

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureBridge, removeBridge } from '../../../../src/foundation/native/index.ts'
import { bedsOfTests, plainRequest, run } from '../../../support/container-request.ts'

const freshBed = bedsOfTests()
const name = 'tsbtest0'
const host = '10.231.77.1'
const ruleset = (): string => execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' })
const interfaces = (): string => execFileSync('ip', ['-br', 'addr'], { encoding: 'utf8' })

beforeAll(() => ensureBridge({ name, addresses: [`${host}/24`] }))
afterAll(async () => {
  await removeBridge(name)
})

const bridged = (args: readonly string[], address = '10.231.77.5') =>
  plainRequest(freshBed(), args, {
    network: {
      kind: 'bridge',
      interfaces: [
        {
          name: 'eth0',
          bridge: name,
          hostInterface: `tsvtest${address.split('.').at(-1)}`,
          ipv4: { address, prefix: 24, gateway: host },
          macAddress: '02:42:0a:e7:4d:05',
        },
      ],
    },
  })

describe('a bridge', () => {
  it('has its address and its rules', () => {
    expect(interfaces()).toMatch(new RegExp(`${name}\\s+\\S+\\s+${host}/24`))
    const rules = ruleset()
    expect(rules).toContain('table ip tsbuild')
    expect(rules).toContain(`ip saddr 10.231.77.0/24 oifname != "${name}" masquerade`)
    expect(rules).toContain('type nat hook postrouting priority srcnat; policy accept;')
    expect(rules).toContain(`iifname "${name}" oifname "${name}" accept`)
    expect(rules).toContain(`oifname "${name}" ct state established,related accept`)
    expect(rules).toContain(`oifname "${name}" drop`)
    expect(rules).toContain(`iifname "${name}" accept`)
  })

  it('stays the same when made again, by several at once', async () => {
    const before = ruleset()
    await Promise.all([1, 2, 3].map(() => ensureBridge({ name, addresses: [`${host}/24`] })))
    const strip = (text: string): string => text.replace(/# handle \d+/g, '')
    expect(strip(ruleset())).toBe(strip(before))
  })

  it('leaves the rules of others alone', async () => {
    execFileSync('nft', [
      'add table ip tsbtestother; add chain ip tsbtestother c; add rule ip tsbtestother c counter',
    ])
    try {
      await ensureBridge({ name: 'tsbtest1', addresses: ['10.231.78.1/24'] })
      await removeBridge('tsbtest1')
      await removeBridge('tsbtest1')
      const rules = ruleset()
      expect(rules).toContain('table ip tsbtestother')
      expect(rules).toContain(`oifname != "${name}" masquerade`)
      expect(rules).not.toContain('tsbtest1"')
      expect(interfaces()).not.toContain('tsbtest1')
    } finally {
      execFileSync('nft', ['delete table ip tsbtestother'])
    }
  })

  it('accepts no router advertisement, nor do containers on it (CVE-2020-13401)', async () => {
    const six = 'tsbtestra'
    try {
      await ensureBridge({ name: six, addresses: ['fd00:231:77::1/64'] })
      expect(readFileSync(`/proc/sys/net/ipv6/conf/${six}/accept_ra`, 'utf8')).toBe('0\n')
    } finally {
      await removeBridge(six)
    }
    const conf = '/proc/sys/net/ipv6/conf/eth0'
    const ran = await run(bridged(['cat', `${conf}/accept_ra`, `${conf}/disable_ipv6`], '10.231.77.9'))
    expect(ran.stdout).toBe('0\n1\n')
  })

  it('refuses names and addresses that are none', async () => {
    await expect(ensureBridge({ name: '../x', addresses: [`${host}/24`] })).rejects.toMatchObject({
      errno: 'EINVAL',
    })
    await expect(ensureBridge({ name: 'tsbtest2', addresses: ['10.1/24'] })).rejects.toMatchObject({
      errno: 'EINVAL',
    })
    expect(interfaces()).not.toContain('tsbtest2')
  })
})

describe('a container on the bridge', () => {
  it('reaches a server of the host and sees its own address', async () => {
    const seen: (string | undefined)[] = []
    const server = createServer((socket) => {
      seen.push(socket.remoteAddress)
      socket.end('hello\n')
    })
    const port = await new Promise<number>((resolve) =>
      server.listen(0, host, () => {
        const address = server.address()
        resolve(typeof address === 'object' && address ? address.port : 0)
      }),
    )
    try {
      const ran = await run(
        bridged([
          'sh',
          '-c',
          `ip -o addr; ip route; cat /sys/class/net/eth0/address; nc ${host} ${port} < /dev/null`,
        ]),
      )
      expect(ran.stderr).toBe('')
      expect(ran.stdout).toContain('inet 10.231.77.5/24')
      expect(ran.stdout).toContain(`default via ${host} dev eth0`)
      expect(ran.stdout).toContain('02:42:0a:e7:4d:05')
      expect(ran.stdout).toContain('hello\n')
      expect(ran.stdout).not.toMatch(/inet6 fe80.*eth0/)
      expect(seen).toEqual(['10.231.77.5'])
    } finally {
      server.close()
    }
  })

  it('is masqueraded towards other networks', async () => {
    // A second network behind a namespace of its own: what arrives there comes from the host's address on that side.
    execFileSync('ip', ['netns', 'add', 'tsbtestpeer'])
    try {
      const ip = (...args: string[]) => execFileSync('ip', args)
      ip('link', 'add', 'tsbtesth', 'type', 'veth', 'peer', 'name', 'tsbtestp', 'netns', 'tsbtestpeer')
      ip('addr', 'add', '10.231.79.1/24', 'dev', 'tsbtesth')
      ip('link', 'set', 'tsbtesth', 'up')
      ip('-n', 'tsbtestpeer', 'addr', 'add', '10.231.79.2/24', 'dev', 'tsbtestp')
      ip('-n', 'tsbtestpeer', 'link', 'set', 'tsbtestp', 'up')
      // The peer has no route to the containers: an answer comes back only because of the masquerade.
      const ran = await run(bridged(['ping', '-c', '1', '-W', '3', '10.231.79.2'], '10.231.77.6'))
      expect(ran.stdout).toContain('1 packets received')
    } finally {
      execFileSync('ip', ['netns', 'del', 'tsbtestpeer'])
    }
  })

  it('leaves no interface behind, also when its set-up fails', async () => {
    const request = bridged(['true'], '10.231.77.7')
    await run(request)
    const failing = bridged(['true'], '10.231.77.8')
    const spec = { ...failing.spec, process: { ...failing.spec.process, cwd: '/bin/busybox/x' } }
    await expect(run({ ...failing, spec })).rejects.toMatchObject({ step: 'cwd' })
    for (let i = 0; i < 100 && interfaces().includes('tsvtest'); i++)
      await new Promise((r) => setTimeout(r, 20))
    expect(interfaces()).not.toContain('tsvtest')
  })

  it('fails clearly when there is no such bridge', async () => {
    const request = bridged(['true'])
    if (request.network.kind !== 'bridge') throw new Error('unreachable')
    const interfaces = request.network.interfaces.map((one) => ({ ...one, bridge: 'tsbnone' }))
    await expect(run({ ...request, network: { kind: 'bridge', interfaces } })).rejects.toMatchObject({
      step: 'network',
      errno: 'ENODEV',
    })
  })
})

describe('other networks', () => {
  it('host: shares the namespace', async () => {
    const ran = await run(plainRequest(freshBed(), ['ls', '/sys/class/net'], { network: { kind: 'host' } }))
    expect(ran.stdout).toContain(name)
  })

  it('path: joins', async () => {
    execFileSync('ip', ['netns', 'add', 'tsbtestjoin'])
    try {
      execFileSync('ip', ['-n', 'tsbtestjoin', 'link', 'add', 'tsbdummy', 'type', 'bridge'])
      const network = { kind: 'path', path: '/run/netns/tsbtestjoin' } as const
      const ran = await run(plainRequest(freshBed(), ['ls', '/sys/class/net'], { network }))
      expect(ran.stdout).toContain('tsbdummy')
      expect(ran.stdout).not.toContain(name)
    } finally {
      execFileSync('ip', ['netns', 'del', 'tsbtestjoin'])
    }
  })
})

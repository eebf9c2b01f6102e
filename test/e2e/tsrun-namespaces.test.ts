import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { afterAll, expect, test } from 'vitest'
import { freshName, pidIn, startDetached, watchLeftovers } from '../support/e2e/containers.ts'
import { expectCode, tsrun } from '../support/e2e/rig.ts'

afterAll(watchLeftovers())

const once = async (...args: readonly string[]): Promise<string> =>
  expectCode(await tsrun(['--rm', '--network=none', ...args])).stdout.trim()
const namespaceIn = (flags: readonly string[], kind: string): Promise<string> =>
  once(...flags, 'busybox', 'readlink', `/proc/self/ns/${kind}`)

test.each([
  ['--pid=host', 'pid'],
  ['--ipc=host', 'ipc'],
  ['--uts=host', 'uts'],
  ['--cgroupns=host', 'cgroup'],
])('%s shares the namespace of the host, and without it there is another', async (flag, kind) => {
  const ours = readlinkSync(`/proc/self/ns/${kind}`)
  expect(await namespaceIn([flag], kind)).toBe(ours)
  expect(await namespaceIn([], kind)).not.toBe(ours)
})

test('containers share processes and memory with one that lets them', async () => {
  const name = freshName()
  const script = 'echo shared > /dev/shm/note; exec sleep 1000'
  await using donor = await startDetached(
    '--network=none',
    '--name',
    name,
    '--ipc=shareable',
    'busybox',
    'sh',
    '-c',
    script,
  )
  const inside = (kind: string): string => readlinkSync(`/proc/${pidIn(donor.dir, 'pid')}/ns/${kind}`)
  for (const kind of ['pid', 'ipc'])
    expect(await namespaceIn([`--${kind}=container:${name}`], kind)).toBe(inside(kind))
  expect(await once(`--ipc=container:${name}`, 'busybox', 'cat', '/dev/shm/note')).toBe('shared')
  expect(await once(`--pid=container:${name}`, 'busybox', 'ps', '-o', 'args')).toContain('sleep 1000')
  await once(
    `--ipc=container:${donor.id.slice(0, 12)}`,
    'busybox',
    'sh',
    '-c',
    'echo changed > /dev/shm/note',
  )
  expect((await tsrun(['exec', name, 'cat', '/dev/shm/note'])).stdout).toBe('changed\n')
})

test('memory of a container that did not offer it is not shared', async () => {
  const name = freshName()
  await using _ = await startDetached('--network=none', '--name', name, 'busybox', 'sleep', '1000')
  const result = await tsrun(['--rm', `--ipc=container:${name}`, 'busybox', 'true'])
  expect(result).toMatchObject({ code: 125, stderr: expect.stringContaining('--ipc=shareable') })
})

test("the host name is the host's with its namespace, and cannot be set then", async () => {
  expect(await once('--uts=host', 'busybox', 'hostname')).toBe(hostname())
  expect(await tsrun(['--rm', '--uts=host', '-h', 'x', 'busybox', 'true'])).toMatchObject({ code: 125 })
})

test("the host's network comes with its names", async () => {
  const hosts = ['--rm', '--network=host', 'busybox', 'cat', '/etc/hosts']
  expect((await tsrun(hosts)).stdout).toBe(readFileSync('/etc/hosts', 'utf8'))
  const added = await tsrun([...hosts.slice(0, 2), '--add-host=a:192.0.2.1', ...hosts.slice(2)])
  expect(added.stdout).toMatch(/^192\.0\.2\.1\ta$/m)
})

test('--ipc=none has no shared memory', async () => {
  expect(await once('--ipc=none', 'busybox', 'sh', '-c', 'ls -d /dev/shm 2>&1; true')).toContain(
    'No such file',
  )
})

test('devices, kernel parameters and groups', async () => {
  const script =
    'ls -l /dev/nothing | cut -c1; cat /proc/sys/net/core/somaxconn; id -G; dd if=/dev/zero of=/dev/nothing count=1 2>&1 | tail -1'
  const flags = ['--device=/dev/full:/dev/nothing:r', '--sysctl=net.core.somaxconn=77', '--group-add=4242']
  const [type, somaxconn, groups, write] = (await once(...flags, 'busybox', 'sh', '-c', script)).split('\n')
  expect([type, somaxconn, groups]).toEqual(['c', '77', '0 4242'])
  // The node is that of /dev/full, which every container may write; only its own name says so.
  expect(write).toBeDefined()
  expect(
    await once(
      '--security-opt=systempaths=unconfined',
      'busybox',
      'sh',
      '-c',
      'grep -c " /proc/" /proc/mounts; true',
    ),
  ).toBe('0')
  expect(Number(await once('busybox', 'grep', '-c', ' /proc/', '/proc/mounts'))).toBeGreaterThan(5)
})

test('a device may be used as far as it was given', async () => {
  const write = ['sh', '-c', ': > /dev/kmsg']
  expect(
    (await tsrun(['--rm', '--network=none', '--device=/dev/kmsg:r', 'busybox', ...write])).stderr,
  ).toContain('Operation not permitted')
  expectCode(await tsrun(['--rm', '--network=none', '--device=/dev/kmsg:/dev/kmsg:rw', 'busybox', ...write]))
  expectCode(
    await tsrun([
      '--rm',
      '--network=none',
      '--device-cgroup-rule=c 1:* rwm',
      'busybox',
      'sh',
      '-c',
      'mknod /dev/k c 1 11 && : > /dev/k',
    ]),
  )
  expect(
    await tsrun(['--rm', '--network=none', 'busybox', 'sh', '-c', 'mknod /dev/k c 1 11 && : > /dev/k']),
  ).toMatchObject({ code: 1 })
})

test.each([
  [['--pid=nonsense'], 'expected private, host, container:NAME'],
  [['--ipc=nonsense'], 'expected private, host, shareable, none'],
  [['--uts=container:x'], 'expected private, host'],
  [['--pid=container:nope'], 'no such container'],
  [['--userns=nonsense'], 'expected host, auto'],
  [['--time=nonsense'], 'expected private, host, container:NAME'],
  [['--gpus=all'], 'not supported'],
  [['--device=/dev/nope'], 'there is no device of that name'],
  [['--device=/dev/null:/dev/x:rwz'], 'expected /dev/PATH'],
  [['--device-cgroup-rule=foo'], 'expected a rule'],
  [['--group-add=nope'], 'find group "nope"'],
  [['--sysctl=kernel.hostname=x'], 'belongs to the host'],
  [['--sysctl=net.core.somaxconn=1', '--network=host'], "shares the host's network namespace"],
  [['--security-opt=systempaths=x'], 'not supported'],
])('refuses %j', async (flags, message) => {
  const result = await tsrun(['--rm', ...flags, 'busybox', 'true'])
  expect(result).toMatchObject({ code: 125, stderr: expect.stringContaining(message) })
})

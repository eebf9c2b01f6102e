import { spawn } from 'node:child_process'
import { chownSync, lstatSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, test as anyKernel, beforeAll, expect, inject } from 'vitest'
import { eventually, freshName, pidIn, startDetached, watchLeftovers } from '../support/e2e/containers.ts'
import { expectCode, makeDirectory, tsbuild, tsrun } from '../support/e2e/rig.ts'
import { needsKernel } from '../support/needs-kernel.ts'

afterAll(watchLeftovers())

const { describe, test } = needsKernel([5, 19], 'an overlay of idmapped layers')

/** Nobody else's on this machine. */
const first = 3_000_000_000
const env = { TSBUILD_USERNS_IDS: `${first}:200000` }
const run = (...args: readonly string[]) => tsrun(['--rm', '--network=none', ...args], { env })
const output = async (...args: readonly string[]): Promise<string> => expectCode(await run(...args)).stdout
const owner = (path: string): string => {
  const { uid, gid } = lstatSync(path)
  return `${uid}:${gid}`
}

describe('--userns=auto', () => {
  const name = freshName()
  let container: Awaited<ReturnType<typeof startDetached>>
  let host: ReturnType<typeof makeDirectory>

  beforeAll(async () => {
    host = makeDirectory()
    process.env['TSBUILD_USERNS_IDS'] = env.TSBUILD_USERNS_IDS
    for (const part of ['plain', 'mapped', 'given']) mkdirSync(join(host.path, part))
    writeFileSync(join(host.path, 'plain/secret'), 'x', { mode: 0o600 })
    writeFileSync(join(host.path, 'mapped/own'), 'x', { mode: 0o600 })
    writeFileSync(join(host.path, 'given/file'), 'x')
    container = await startDetached(
      ...['--userns=auto:size=2000', '--name', name, '--init', '-v', `${name}:/etc`],
      ...['-v', `${host.path}/plain:/plain`, '-v', `${host.path}/given:/given:U`],
      ...['--mount', `type=bind,source=${host.path}/mapped,target=/mapped,idmap`],
      ...['--health-cmd', 'id -u', '--health-interval', '200ms'],
      ...['busybox', 'sh', '-c', 'echo started; exec sleep 1000'],
    )
  })
  afterAll(async () => {
    delete process.env['TSBUILD_USERNS_IDS']
    await container[Symbol.asyncDispose]()
    await tsrun(['volume', 'rm', name])
    host[Symbol.dispose]()
  })
  const exec = async (script: string, ...flags: readonly string[]) =>
    tsrun(['exec', ...flags, name, 'sh', '-c', script])

  test('is shown, and its processes are not root of the host', async () => {
    const mode = await tsrun(['inspect', '-f', '{{.HostConfig.UsernsMode}}', name])
    expect(mode.stdout).toBe('auto:size=2000\n')
    const pid = pidIn(container.dir, 'pid')
    expect(readFileSync(`/proc/${pid}/uid_map`, 'utf8')).toMatch(/^\s+0\s+30000\d+\s+2000\n$/)
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Uid:\t30000/m)
    expect((await exec('id -u; touch /made; chown 7:8 /made')).stdout).toBe('0\n')
    expect(owner(`/proc/${pid}/root/made`)).toBe(`${first + 7}:${first + 8}`)
  })

  test('binds keep their ids, with idmap they are those inside, with U they are given away, new volumes are its own', async () => {
    const { stdout, stderr } = await exec(
      `cat /plain/secret; chown 0 /plain/secret; echo y > /plain/new
       cat /mapped/own; touch /mapped/new; touch /given/new /etc/new; stat -c %u:%g /given/file /etc/passwd`,
    )
    expect(stderr.match(/Permission denied|not permitted|can't create/g)).toHaveLength(3)
    expect(stdout).toBe('x0:0\n0:0\n')
    expect(owner(join(host.path, 'plain/secret'))).toBe('0:0')
    expect(owner(join(host.path, 'mapped/new'))).toBe('0:0')
    for (const path of ['given/file', 'given/new'])
      expect(owner(join(host.path, path))).toBe(`${first}:${first}`)
    const volume = join(inject('storeRoot'), 'volumes', name, '_data')
    for (const path of ['new', 'passwd', '.']) expect(owner(join(volume, path))).toBe(`${first}:${first}`)
  })

  test('exec as nobody of its namespace says which there are', async () => {
    expect(await exec('true', '-u', '5000')).toMatchObject({
      code: 126,
      stderr: expect.stringContaining('its user namespace has no user 5000, only 0-1999'),
    })
  })

  test('cp, diff, export and commit know the ids of the container', async () => {
    const file = join(host.path, 'file')
    writeFileSync(file, 'copied')
    chownSync(file, 5, 6)
    for (const words of [
      ['cp', file, `${name}:/plainly`],
      ['cp', '-a', file, `${name}:/archived`],
    ])
      expectCode(await tsrun(words))
    expect((await exec('stat -c %u:%g /plainly /archived')).stdout).toBe('0:0\n5:6\n')
    expectCode(await tsrun(['cp', '-a', `${name}:/archived`, `${file}.back`]))
    expect(owner(`${file}.back`)).toBe('5:6')
    expectCode(await tsrun(['cp', `${name}:/archived`, `${file}.mine`]))
    expect(owner(`${file}.mine`)).toBe('0:0')
    expect((await tsrun(['diff', name])).stdout).toContain('A /archived\n')
    const image = expectCode(await tsrun(['commit', name])).stdout.trim()
    expect(await output(image, 'stat', '-c', '%u:%g', '/plainly', '/archived')).toBe('0:0\n5:6\n')
    expectCode(await tsbuild(['rmi', image]))
    expect((await tsrun(['logs', name])).stdout).toBe('started\n')
    await eventually(
      async () => (await tsrun(['inspect', '-f', '{{.State.Health.Status}}', name])).stdout === 'healthy\n',
    )
  })

  test('another container joins it, and one that does not cannot reach it', async () => {
    const pid = pidIn(container.dir, 'pid')
    const inside = readlinkSync(`/proc/${pid}/ns/user`)
    const look = ['busybox', 'sh', '-c', `readlink /proc/self/ns/user; kill -0 1 && echo reached`]
    const shared = [`--pid=container:${name}`]
    expect(await output(`--userns=container:${name}`, ...shared, ...look)).toBe(`${inside}\nreached\n`)
    const stranger = await run('--userns=auto', ...shared, ...look)
    expect(stranger.stdout).not.toContain('reached')
    // Same ids, other namespace: no power over those who have them.
    const { stderr } = await run(
      '--userns=auto',
      '--pid=host',
      'busybox',
      'sh',
      '-c',
      `kill -0 ${pid}; kill -0 1`,
    )
    expect(stderr.match(/not permitted/g)).toHaveLength(2)
  })

  test('root in it has no power over the machine, privileged or not', async () => {
    const script = `mknod /tmp/m b 8 0; echo x > /proc/sys/kernel/core_pattern; echo 1 > /proc/sysrq-trigger
      mount -o remount,rw /sys; echo 1 > /proc/sys/vm/overcommit_memory; hostname x; mount -t proc p /mnt
      cat /proc/keys; nice -n -5 true; echo -1000 > /proc/self/oom_score_adj; chroot /proc/1/root true; id -u`
    const hostName = readFileSync('/proc/sys/kernel/hostname', 'utf8')
    const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8')
    for (const flags of [[], ['--privileged']]) {
      const { stdout } = await run('--userns=auto', ...flags, 'busybox', 'sh', '-c', `{ ${script}; } 2>&1`)
      expect(stdout).toMatch(/core_pattern: (Permission denied|Read-only)/)
      expect(stdout).toMatch(/m: Operation not permitted/)
      expect(stdout).toMatch(/overcommit_memory: (Permission denied|Read-only)/)
    }
    expect(readFileSync('/proc/sys/kernel/core_pattern', 'utf8')).toBe(pattern)
    expect(readFileSync('/proc/sys/kernel/hostname', 'utf8')).toBe(hostName)
  })
})

test('twenty at once, some killed on the way, never share an id; what is removed is free again', async () => {
  const names = Array.from({ length: 20 }, freshName)
  const started = names.map(
    (name) =>
      new Promise<void>((resolve) => {
        const child = spawn(
          join(import.meta.dirname, '../../bin/tsrun'),
          ['create', '--name', name, '--network=none', '--userns=auto:size=1500', 'busybox', 'true'],
          {
            stdio: 'ignore',
            env: {
              PATH: process.env['PATH'],
              TSBUILD_ROOT: inject('storeRoot'),
              TSBUILD_RUN: inject('runRoot'),
              ...env,
            },
          },
        )
        // A few are killed at moments that differ from run to run.
        const late = names.indexOf(name) % 4 === 3 ? setTimeout(() => child.kill('SIGKILL'), 300) : undefined
        child.on('exit', () => {
          clearTimeout(late)
          resolve()
        })
      }),
  )
  await Promise.all(started)
  // Those that were killed too early are not there.
  const { stdout: ids } = await tsrun(['inspect', '-f', '{{.Id}}', ...names])
  const starts =
    ids.match(/[0-9a-f]{64}/g)?.map((id) => {
      const record = readFileSync(join(inject('storeRoot'), 'containers', id, 'container.json'), 'utf8')
      return Number(/"hostID":(\d+)/.exec(record)?.[1])
    }) ?? []
  expect(starts.length).toBeGreaterThanOrEqual(15)
  const sorted = starts.toSorted((a, b) => a - b)
  for (const [i, start] of sorted.entries())
    if (i > 0) expect(start - (sorted[i - 1] ?? 0)).toBeGreaterThanOrEqual(1500)
  await tsrun(['rm', '-f', ...names])
  const map = await output('--userns=auto', 'busybox', 'cat', '/proc/self/uid_map')
  expect(map).toMatch(new RegExp(`^\\s+0\\s+${first}\\s+1024\\n$`))
})

test('ids that are given, kept, or not there', async () => {
  const cat = ['busybox', 'sh', '-c', 'cat /proc/self/uid_map /proc/self/gid_map; touch /x; stat -c %u /x']
  expect(await output('--uidmap=0:3000100000:10', '--uidmap=10:7:1', ...cat)).toMatch(
    /^(\s+0 3000100000\s+10\n\s+10\s+7\s+1\n){2}0\n$/,
  )
  expect(await output('--userns=keep-id', ...cat)).toMatch(/^(\s+0\s+0 4294967295\n){2}0\n$/)
  expect(await run('--userns=auto:size=300000', ...cat)).toMatchObject({
    code: 125,
    stderr: expect.stringContaining('no 300000 free ids'),
  })
})

anyKernel('a time namespace has its own clocks, and another container can have them too', async () => {
  const name = freshName()
  const days = ['cut', '-d.', '-f1', '/proc/uptime']
  await using _ = await startDetached(
    ...['--network=none', '--name', name, '--time-offset', 'boottime=8640000', 'busybox', 'sleep', '1000'],
  )
  expect(Number((await tsrun(['exec', name, ...days])).stdout)).toBeGreaterThan(8_640_000)
  expect(Number(await output(`--time=container:${name}`, 'busybox', ...days))).toBeGreaterThan(8_640_000)
  expect(await output('--time=private', 'busybox', 'readlink', '/proc/self/ns/time')).not.toBe(
    `${readlinkSync('/proc/self/ns/time')}\n`,
  )
  expect((await run('--time=host', '--time-offset=boottime=1', 'busybox', 'true')).code).toBe(125)
})

anyKernel('cgroups can be written when that is asked for', async () => {
  const script =
    'mkdir /sys/fs/cgroup/x /sys/fs/cgroup/pids/x && rmdir /sys/fs/cgroup/pids/x || ls -d /sys/fs/cgroup/x'
  const quiet = ['busybox', 'sh', '-c', `${script} 2>/dev/null`]
  expect((await run(...quiet)).code).not.toBe(0)
  expectCode(await run('--security-opt', 'writable-cgroups=true', ...quiet))
})

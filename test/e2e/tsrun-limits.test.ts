import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { eventually, startDetached, watchLeftovers } from '../support/e2e/containers.ts'
import { expectCode, tsrun } from '../support/e2e/rig.ts'

afterAll(watchLeftovers())

/** Microseconds of CPU time that a container used so far, from v1's or v2's file. */
const cpuTime = (id: string): number => {
  const v1 = ['cpuacct', 'cpu,cpuacct'].map((name) =>
    join('/sys/fs/cgroup', name, 'tsbuild', id, 'cpuacct.usage'),
  )
  const file = v1.find((path) => existsSync(path))
  if (file !== undefined) return Number(readFileSync(file, 'utf8')) / 1000
  const stat = readFileSync(join('/sys/fs/cgroup/tsbuild', id, 'cpu.stat'), 'utf8')
  return Number(/usage_usec (\d+)/.exec(stat)?.[1])
}

/** CPU time that each container gets in a while, in microseconds, and how long the while was. */
const measure = async (
  ...ids: readonly string[]
): Promise<{ readonly used: readonly number[]; readonly time: number }> => {
  const start = performance.now()
  const before = ids.map(cpuTime)
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const used = ids.map((id, i) => cpuTime(id) - (before[i] ?? 0))
  return { used, time: (performance.now() - start) * 1000 }
}

const spin = ['busybox', 'sh', '-c', 'while :; do :; done'] as const

test('what eats more memory than it may have is killed, and that is told', async () => {
  await using container = await startDetached('--network=none', '-m', '100m', 'busybox', 'tail', '/dev/zero')
  expect((await tsrun(['wait', container.id])).stdout).toBe('137\n')
  const state = await tsrun(['inspect', '-f', '{{.State.OOMKilled}} {{.State.ExitCode}}', container.id])
  expect(state.stdout).toBe('true 137\n')
})

test('a fifth of a CPU is a fifth of a CPU', async () => {
  await using container = await startDetached('--network=none', '--cpus', '0.2', ...spin)
  // On a busy machine it may get less for a while, never more.
  await eventually(async () => {
    const { used, time } = await measure(container.id)
    const share = (used[0] ?? 0) / time
    expect(share).toBeLessThan(0.23)
    return share > 0.17
  }, 120_000)
})

test('shares of 1 to 3 are kept where two want the same CPU', async () => {
  await using one = await startDetached('--network=none', '--cpuset-cpus=0', '--cpu-shares=512', ...spin)
  await using three = await startDetached('--network=none', '--cpuset-cpus=0', '--cpu-shares=1536', ...spin)
  await eventually(async () => {
    const { used } = await measure(one.id, three.id)
    const ratio = (used[1] ?? 0) / (used[0] ?? 1)
    return ratio > 2.4 && ratio < 3.6
  }, 120_000)
})

test('a fork bomb stops at the limit', async () => {
  await using container = await startDetached(
    '--network=none',
    '--pids-limit=20',
    'busybox',
    'sh',
    '-c',
    '( while :; do sleep 1000 & done ); exec sleep 1000',
  )
  const refused = async (): Promise<boolean> =>
    /can't fork/.test((await tsrun(['logs', container.id])).stderr)
  await eventually(refused)
  const top = expectCode(await tsrun(['top', container.id]))
    .stdout.trim()
    .split('\n')
  expect(top.length - 1).toBeLessThanOrEqual(20)
})

test('cgroups are made where the user says', async () => {
  const parent = 'tsbuild/sub'
  await using container = await startDetached(
    '--network=none',
    '--cgroup-parent',
    parent,
    '-m',
    '50m',
    'busybox',
    'sleep',
    '1000',
  )
  const found = ['memory', '.']
    .map((name) => join('/sys/fs/cgroup', name, parent, container.id))
    .filter(existsSync)
  expect(found).toHaveLength(1)
  const limit = readdirSync(found[0] ?? '').find((name) => /^memory\.(max|limit_in_bytes)$/.test(name)) ?? ''
  expect(readFileSync(join(found[0] ?? '', limit), 'utf8')).toBe(`${50 << 20}\n`)
  expectCode(await tsrun(['stats', '--no-stream', container.id]))
})

/** Where a controller's directory of a container is, on v1 or v2. */
const cgroupOf = (controller: string, id: string): string =>
  [controller, '.'].map((name) => join('/sys/fs/cgroup', name, 'tsbuild', id)).find(existsSync) ?? ''

test('limits change while it runs, and stay for what is started in it and again', async () => {
  await using container = await startDetached('--network=none', 'busybox', 'sh', '-c', 'sleep 1000 & wait')
  const { id } = container
  const update = async (...words: readonly string[]) => tsrun(['update', ...words, id])
  expectCode(await update('-m', '64m', '--cpus', '0.3', '--cpuset-cpus', '0', '--restart', 'always'))
  const processes = async () => {
    const lines = (await tsrun(['top', id])).stdout.trim().split('\n').slice(1)
    return lines.map((line) => line.trim().split(/\s+/)[1] ?? '').sort()
  }
  const members = (controller: string) =>
    readFileSync(join(cgroupOf(controller, id), 'cgroup.procs'), 'utf8')
      .trim()
      .split('\n')
      .sort()
  for (const controller of ['memory', 'cpu', 'cpuset'])
    await eventually(async () => String(members(controller)) === String(await processes()))
  expect(readFileSync(join(cgroupOf('cpuset', id), 'cpuset.cpus'), 'utf8')).toBe('0\n')
  const before = await processes()
  process.kill(Number((await tsrun(['inspect', '-f', '{{.State.Pid}}', id])).stdout), 'SIGKILL')
  await eventually(async () => {
    const now = await processes()
    return now.length === 2 && now.join() !== before.join() && members('cpu').join() === now.join()
  })
  const format = '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.RestartPolicy.Name}}'
  expect((await tsrun(['inspect', '-f', format, id])).stdout).toBe(`${64 << 20} 300000000 always\n`)
  // More than the sum with swap, which is twice the first limit; then both, upwards and downwards.
  expect((await update('-m', '200m')).code).toBe(1)
  for (const [memory, sum] of [
    ['200m', '400m'],
    ['32m', '32m'],
  ] as const)
    expectCode(await update('-m', memory, '--memory-swap', sum))
  expect((await update('--cpu-quota', '1000')).code).toBe(1)
  expect((await tsrun(['update', id])).code).toBe(1)
})

test('OOM score, and limits of devices that are not there', async () => {
  const score = await tsrun([
    '--rm',
    '--network=none',
    '--oom-score-adj=500',
    'busybox',
    'cat',
    '/proc/self/oom_score_adj',
  ])
  expect(score.stdout).toBe('500\n')
  for (const [flags, message] of [
    [['--device-read-bps=/dev/nope:1mb'], 'there is no block device of that name'],
    [['--device-read-bps=/dev/null:1mb'], 'there is no block device of that name'],
    [['--device-read-bps=/dev/null:x'], 'expected /dev/DEVICE:NUMBER'],
    [['--oom-score-adj=2000'], 'expected a whole number'],
    [['--memory-swappiness=200'], 'expected a whole number'],
    [['--cgroup-parent=../x'], 'name cgroup'],
    [['--cgroup-conf=cgroup.procs=1'], 'is none of a limit'],
  ] as const) {
    const result = await tsrun(['--rm', '--network=none', ...flags, 'busybox', 'true'])
    expect(result).toMatchObject({ code: 125, stderr: expect.stringContaining(message) })
  }
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import {
  eventually,
  freshName,
  isRunning,
  pidIn,
  startDetached,
  watchLeftovers,
} from '../support/e2e/containers.ts'
import { expectCode, tsrun } from '../support/e2e/rig.ts'

afterAll(watchLeftovers())

const inspect = async (name: string, template: string): Promise<string> =>
  (await tsrun(['inspect', '-f', template, name])).stdout.trim()
const healthOf = (name: string): Promise<string> => inspect(name, '{{.State.Health.Status}}')
const actionsOf = async (name: string): Promise<readonly string[]> =>
  expectCode(
    await tsrun([
      ...['events', '--since', '0', '--until', String(Date.now() / 1000)],
      ...['--filter', `container=${name}`, '--format', '{{.Action}}'],
    ]),
  )
    .stdout.trim()
    .split('\n')

test('on-failure: as often as said; the first end is that of run in the foreground', async () => {
  const name = freshName()
  const first = await tsrun([
    'run',
    '--name',
    name,
    '--restart',
    'on-failure:2',
    'busybox',
    'sh',
    '-c',
    'echo out; exit 3',
  ])
  expect(first).toMatchObject({ code: 3, stdout: 'out\n' })
  await eventually(async () => (await inspect(name, '{{.State.Status}}')) === 'exited')
  expect(
    await inspect(name, '{{.RestartCount}} {{.State.ExitCode}} {{.HostConfig.RestartPolicy.Name}}'),
  ).toBe('2 3 on-failure')
  expect((await tsrun(['logs', name])).stdout).toBe('out\nout\nout\n')
  expect(await actionsOf(name)).toEqual(['create', 'attach', 'start', 'die', 'start', 'die', 'start', 'die'])
  expectCode(await tsrun(['rm', name]))
  expect((await actionsOf(name)).at(-1)).toBe('destroy')
})

test('events tell what is done to a container and in it', async () => {
  const name = freshName()
  const other = freshName()
  await using container = await startDetached('--network=none', '--name', name, 'busybox', 'sleep', '1000')
  expect((await tsrun(['exec', name, 'sh', '-c', 'exit 3'])).code).toBe(3)
  expectCode(await tsrun(['exec', '-d', name, 'true']))
  await eventually(
    async () => (await actionsOf(container.id)).filter((one) => one === 'exec_die').length === 2,
  )
  for (const words of [
    ['rename', name, other],
    ['update', '--pids-limit', '50', other],
    ['top', other],
    ['pause', other],
    ['unpause', other],
    ['cp', `${other}:/etc/passwd`, '-'],
    ['restart', '-t', '0', other],
  ])
    expectCode(await tsrun(words))
  const shells = ['exec_create: sh -c exit 3', 'exec_start: sh -c exit 3', 'exec_die']
  // Docker has a blank behind a command without words.
  const quiet = ['exec_create: true ', 'exec_start: true ', 'exec_die']
  expect(await actionsOf(container.id)).toEqual([
    ...['create', 'start', ...shells, ...quiet, 'rename', 'update', 'top', 'pause', 'unpause'],
    ...['archive-path', 'kill', 'kill', 'die', 'stop', 'start', 'restart'],
  ])
  const format = '{{.Actor.Attributes.name}} {{.Actor.Attributes.signal}} {{.Actor.Attributes.exitCode}}'
  const told = await tsrun([
    ...['events', '--since', '1h', '--until', '0s', '--filter', `container=/${other}`, '--format', format],
    ...['--filter', 'event=kill', '--filter', 'event=die', '--filter', 'image=busybox'],
  ])
  const none = '<no value>'
  expect(told.stdout).toBe(`${other} 15 ${none}\n${other} 9 ${none}\n${other} ${none} 137\n`)
})

test('events of the volumes and networks of a container, with those that come later', async () => {
  const [volume, network, name] = [freshName(), freshName(), freshName()]
  const since = String(Date.now() / 1000)
  expectCode(await tsrun(['volume', 'create', volume]))
  expectCode(await tsrun(['network', 'create', network]))
  const mounts = ['-v', `${volume}:/v:ro`, '-v', '/anonymous']
  expectCode(await tsrun(['--name', name, ...mounts, '--network', network, 'busybox', 'true']))
  expectCode(await tsrun(['network', 'disconnect', network, name]))
  expectCode(await tsrun(['start', '-a', name]))
  expectCode(await tsrun(['rm', '-v', name]))
  expectCode(await tsrun(['volume', 'rm', volume]))
  expectCode(await tsrun(['network', 'rm', network]))
  const told = async (...options: readonly string[]): Promise<readonly string[]> =>
    expectCode(await tsrun(['events', '--since', since, '--until', '0s', ...options]))
      .stdout.trim()
      .split('\n')
  const actions = ['--format', '{{.Type}} {{.Action}}']
  const own = (await told(...actions)).filter((line) => !line.startsWith('image'))
  const mounted = ['volume mount', 'volume mount']
  const unmounted = ['volume unmount', 'volume unmount', 'container die']
  expect(own).toEqual([
    ...['volume create', 'network create', 'volume create', 'container create', 'container attach'],
    ...[...mounted, 'network connect', 'container start', 'network disconnect', ...unmounted],
    ...['container attach', ...mounted, 'container start', ...unmounted],
    ...['container destroy', 'volume destroy', 'volume destroy', 'network destroy'],
  ])
  expect(await told('--filter', `volume=${volume}`, '--filter', 'event=mount')).toEqual([
    expect.stringMatching(/Z volume mount \S+ \(container=[0-9a-f]{64}, destination=\/v, driver=local, /),
    expect.stringContaining('read/write=false)'),
  ])
  const [made = ''] = await told('--filter', `network=${network}`, '--format', 'json')
  expect(Object.keys(JSON.parse(made))).toEqual(['Type', 'Action', 'Actor', 'scope', 'time', 'timeNano'])
})

test('after a restart of the machine policies are kept; prune removes what does not run, and says how much it was', async () => {
  const label = freshName()
  const begin = (policy: string) =>
    startDetached('--label', label, '--restart', policy, '--network=none', 'busybox', 'sleep', '1000')
  await using always = await begin('always')
  await using unless = await begin('unless-stopped')
  await using stopped = await begin('unless-stopped')
  await using failing = await begin('on-failure')
  expectCode(await tsrun(['stop', '-t', '0', stopped.id]))
  expectCode(await tsrun(['--label', label, '--network=none', 'busybox', 'sh', '-c', 'printf 12345 > /f']))
  // All monitors end with the machine.
  for (const { dir } of [always, unless, failing]) process.kill(pidIn(dir, 'monitor'), 'SIGKILL')
  await eventually(async () => (await tsrun(['ps', '-q', '--filter', `label=${label}`])).stdout === '')
  const names = expectCode(await tsrun(['start', '--restart-policies']))
    .stdout.trim()
    .split('\n')
  expect(names).toEqual([
    await inspect(always.id, '{{slice .Name 1}}'),
    await inspect(unless.id, '{{slice .Name 1}}'),
  ])
  expect((await tsrun(['start', '--restart-policies'])).stdout).toBe('')

  const list = async (...options: readonly string[]) =>
    expectCode(await tsrun(['ps', '-a', '--filter', `label=${label}`, ...options])).stdout.split('\n')
  expect((await list('-s'))[0]).toMatch(/NAMES\s+SIZE$/)
  expect(await list('--format', '{{.Size}}')).toContainEqual(expect.stringMatching(/^5B \(virtual .*B\)$/))
  const prune = (...options: readonly string[]) =>
    tsrun(['container', 'prune', '--filter', `label=${label}`, ...options])
  expect((await prune('-f', '--filter', 'until=1h')).stdout).toBe('Total reclaimed space: 0B\n')
  expect(await tsrun(['container', 'prune'], { input: 'n\n' })).toMatchObject({ code: 0, stdout: '' })
  expect((await prune('-f')).stdout).toMatch(
    /^Deleted Containers:\n([0-9a-f]{64}\n){3}\nTotal reclaimed space: 5B\n$/,
  )
  expect((await list('-q', '--no-trunc')).slice(0, -1)).toEqual([unless.id, always.id])
  expect((await tsrun(['container', 'prune', '--filter', 'name=x'])).code).toBe(1)
})

test('always: it comes again with its address, until it is stopped', async () => {
  const name = freshName()
  await using container = await startDetached(
    ...[
      '--name',
      name,
      '--restart',
      'always',
      'busybox',
      'sh',
      '-c',
      'ip -4 addr show eth0 | grep -o "inet [0-9.]*"',
    ],
  )
  await eventually(async () => Number(await inspect(name, '{{.RestartCount}}')) >= 3)
  const addresses = (await tsrun(['logs', name])).stdout.trim().split('\n')
  expect(addresses[0]).toMatch(/^inet 10\./)
  expect(new Set(addresses).size).toBe(1)
  await eventually(async () => (await inspect(name, '{{.State.Status}}')) === 'restarting')
  expect((await tsrun(['ps', '--filter', `name=${name}`, '--format', '{{.Status}}'])).stdout).toMatch(
    /^(Restarting \(0\) |Up )/,
  )
  expectCode(await tsrun(['stop', name]))
  expect(await inspect(name, '{{.State.Status}} {{.State.Running}}')).toBe('exited false')
  expect(isRunning(pidIn(container.dir, 'monitor'))).toBe(false)
})

test('rm -f and kill end a container that would come again; a killed monitor leaves what can be cleaned', async () => {
  const again = ['--network', 'none', '--restart', 'always', 'busybox', 'sh', '-c']
  const [one, two, three] = [freshName(), freshName(), freshName()]
  await using _one = await startDetached('--name', one, ...again, 'exit 1')
  await using _two = await startDetached('--name', two, ...again, 'sleep 1000')
  await using third = await startDetached('--name', three, ...again, 'exit 1')
  await eventually(async () => (await inspect(one, '{{.State.Status}}')) === 'restarting')
  expectCode(await tsrun(['rm', '-f', one]))
  expectCode(await tsrun(['kill', two]))
  await eventually(async () => (await inspect(two, '{{.State.Status}} {{.State.ExitCode}}')) === 'exited 137')
  process.kill(pidIn(third.dir, 'monitor'), 'SIGKILL')
  await eventually(async () => (await inspect(three, '{{.State.Status}}')) === 'exited')
  expectCode(await tsrun(['rm', three]))
})

test('health: starting, unhealthy, healthy, in ps and inspect and events', async () => {
  const name = freshName()
  await using _ = await startDetached(
    ...['--name', name, '--network', 'none', '--health-cmd', 'echo probing; test -e /ok'],
    ...['--health-interval', '100ms', '--health-retries', '2', 'busybox', 'sleep', '1000'],
  )
  await eventually(async () => (await healthOf(name)) === 'unhealthy')
  expect(
    (await tsrun(['ps', '--filter', 'health=unhealthy', '--format', '{{.Names}} {{.Status}}'])).stdout,
  ).toMatch(new RegExp(`^${name} Up .* \\(unhealthy\\)\n$`))
  expect((await tsrun(['healthcheck', 'run', name])).code).toBe(1)
  expectCode(await tsrun(['exec', name, 'touch', '/ok']))
  await eventually(async () => (await healthOf(name)) === 'healthy')
  expect((await tsrun(['healthcheck', 'run', name])).code).toBe(0)
  const health: unknown = JSON.parse(await inspect(name, '{{json .State.Health}}'))
  expect(health).toMatchObject({ Status: 'healthy', FailingStreak: 0 })
  await eventually(async () => (await inspect(name, '{{len .State.Health.Log}}')) === '5')
  expect(await inspect(name, '{{(index .State.Health.Log 4).Output}}')).toBe('probing')
  expect(await actionsOf(name)).toEqual(
    expect.arrayContaining(['health_status: unhealthy', 'health_status: healthy']),
  )
})

test('health: a probe that takes too long is killed with all its processes; --health-on-failure=kill', async () => {
  const name = freshName()
  await using container = await startDetached(
    ...['--name', name, '--network', 'none', '--health-cmd', 'setsid sleep 4444 & sleep 4444'],
    ...['--health-interval', '200ms', '--health-timeout', '200ms', '--health-retries', '2'],
    ...['--health-on-failure', 'kill', 'busybox', 'sleep', '1000'],
  )
  const log = () => readFileSync(join(container.dir, 'health.json'), 'utf8')
  await eventually(() => log().includes('Health check exceeded timeout (200ms)'))
  await eventually(
    async () => (await inspect(name, '{{.State.Status}} {{.State.ExitCode}}')) === 'exited 137',
  )
  expect(JSON.parse(log())).toMatchObject({ Status: 'unhealthy', FailingStreak: 2 })
  expect((await tsrun(['healthcheck', 'run', name])).code).toBe(1)
})

test('a container that is killed for memory says so', async () => {
  const name = freshName()
  const eater = await tsrun([
    'run',
    '--name',
    name,
    '--network',
    'none',
    '-m',
    '100m',
    'busybox',
    'sh',
    '-c',
    'head -c 200m /dev/zero | tail',
  ])
  expect(await inspect(name, '{{.State.OOMKilled}}')).toBe('true')
  expect([0, 137]).toContain(eater.code)
  expect(await actionsOf(name)).toContain('oom')
  expectCode(await tsrun(['rm', name]))
})

test('wait: next-exit does not wait for the last', async () => {
  const name = freshName()
  await using _ = await startDetached(
    ...['--name', name, '--network', 'none', '--restart', 'always', 'busybox', 'sh', '-c'],
    'sleep 0.5; exit 9',
  )
  expect((await tsrun(['wait', '--condition', 'next-exit', name])).stdout).toBe('9\n')
  expect((await tsrun(['wait', '--condition', 'bogus', name])).code).toBe(125)
})

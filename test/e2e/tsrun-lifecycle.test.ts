import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import {
  containerLeftovers,
  eventually,
  freshName,
  startDetached,
  watchLeftovers,
} from '../support/e2e/containers.ts'
import { expectCode, makeDirectory, tsrun } from '../support/e2e/rig.ts'

afterAll(watchLeftovers())

const sh = (script: string, ...options: readonly string[]) =>
  tsrun(['--rm', '--network', 'none', ...options, 'busybox', 'sh', '-c', script])

test.each([
  ['exit 0', 0],
  ['exit 7', 7],
  ['sh -c "kill -9 \\$\\$"; exit $?', 137],
  ['nosuchprogram', 127],
])('sh -c %j ends with %d', async (script, code) => {
  expect((await sh(script)).code).toBe(code)
})

test('what cannot be started ends with 125, 126 or 127 and leaves nothing', async () => {
  const missing = await tsrun(['--rm', '--network', 'none', 'busybox', 'nosuchprogram'])
  expect(missing).toMatchObject({ code: 127, stdout: '' })
  expect(missing.stderr).toMatch(/nosuchprogram.*no such file/)
  expect(await tsrun(['--rm', '--network', 'none', 'busybox', '/etc'])).toMatchObject({ code: 126 })
  const image = await tsrun(['busybix'])
  expect(image).toMatchObject({ code: 125 })
  expect(image.stderr).toContain('did you mean busybox?')
  expect((await tsrun(['--rm', '-u', 'nobody2', 'busybox', 'true'])).code).toBe(125)
  expect(
    (await tsrun(['--rm', '--mount', 'type=bind,source=/nonexistent/x,target=/x', 'busybox', 'true'])).code,
  ).toBe(125)
  expect(containerLeftovers()).toEqual([])
})

test('what cannot be started is kept with the reason, and a last end stays the last one', async () => {
  const name = freshName()
  const state = async (): Promise<string> => {
    const format = '{{.State.Status}} {{.State.ExitCode}} {{ne .State.Error ""}} {{.State.FinishedAt}}'
    return expectCode(await tsrun(['inspect', '-f', format, name])).stdout.trim()
  }
  const never = '0001-01-01T00:00:00Z'
  const first = await tsrun(['-d', '--network=none', '--name', name, 'busybox', '/etc/passwd'])
  expect(first).toMatchObject({ code: 126, stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/) })
  expect(await state()).toBe(`created 126 true ${never}`)
  expect((await tsrun(['start', name])).code).toBe(1)
  expect((await tsrun(['wait', name])).stdout).toBe('126\n')
  expectCode(await tsrun(['rm', name]))

  using directory = makeDirectory({ run: '#!/bin/sh\nexit 3\n' })
  chmodSync(join(directory.path, 'run'), 0o755)
  const mount = ['--network=none', '--name', name, '-v', `${directory.path}:/m`]
  expect((await tsrun([...mount, 'busybox', '/m/run'])).code).toBe(3)
  const end = await state()
  expect(end).toMatch(/^exited 3 false 2/)
  rmSync(join(directory.path, 'run'))
  expect((await tsrun(['start', name])).code).toBe(1)
  expect(await state()).toBe(end.replace('3 false', '127 true'))
  expect((await tsrun(['wait', name])).stdout).toBe('127\n')
  writeFileSync(join(directory.path, 'run'), '#!/bin/sh\nexit 4\n', { mode: 0o755 })
  expect((await tsrun(['start', '-a', name])).code).toBe(4)
  expect(await state()).toMatch(/^exited 4 false /)
  expectCode(await tsrun(['rm', name]))
})

test('standard streams are apart, whole, and in step with the input', async () => {
  expect(await sh('echo out; echo err >&2')).toMatchObject({ stdout: 'out\n', stderr: 'err\n' })
  const input = 'x'.repeat(3_000_000)
  const echoed = await tsrun(['--rm', '-i', '--network', 'none', 'busybox', 'cat'], { input })
  expect(echoed.stdout === input).toBe(true)
  expect((await tsrun(['--rm', '--network', 'none', 'busybox', 'cat'], { input: 'unseen' })).stdout).toBe('')
  expect((await sh('seq 1 300000')).stdout).toHaveLength(1_988_895)
})

test('environment, directory, user, host name, and nothing of ours', async () => {
  const result = await tsrun(
    [
      '--rm',
      '--network',
      'none',
      '-e',
      'A=1',
      '-e',
      'FROM_US',
      '-w',
      '/var',
      '-u',
      'nobody',
      '-h',
      'box',
      'busybox',
      'sh',
      '-c',
      'env; pwd; id -u; hostname; ls /proc/self/fd | wc -l',
    ],
    { env: { FROM_US: 'yes', SECRET: 'canary' } },
  )
  const lines = expectCode(result).stdout.split('\n')
  expect(lines).toEqual(
    expect.arrayContaining(['A=1', 'FROM_US=yes', '/var', '65534', 'box', 'HOSTNAME=box']),
  )
  expect(result.stdout).not.toContain('canary')
  // 0, 1, 2 and the directory that ls reads.
  expect(lines.at(-2)).toBe('4')
})

test('mounts: a directory of the host, read-only, made when missing; memory', async () => {
  using directory = makeDirectory({ 'a.txt': 'from the host' })
  mkdirSync(join(directory.path, 'sub'))
  const bind = await sh('cat /m/a.txt; echo back > /m/b.txt', '-v', `${directory.path}:/m`)
  expect(expectCode(bind).stdout).toBe('from the host')
  expect(readFileSync(join(directory.path, 'b.txt'), 'utf8')).toBe('back\n')
  expect((await sh('echo x > /m/c.txt', '-v', `${directory.path}:/m:ro`)).code).not.toBe(0)
  expect(existsSync(join(directory.path, 'c.txt'))).toBe(false)
  expectCode(await sh('test -d /m', '-v', `${directory.path}/new/er:/m`))
  expect(existsSync(join(directory.path, 'new/er'))).toBe(true)
  expect((await sh('mount | grep " /t "', '--tmpfs', '/t:size=1m')).stdout).toMatch(/tmpfs.*size=1024k/)
  expect((await sh('touch /x', '--read-only')).code).not.toBe(0)
})

test('limits hold', async () => {
  const killed = await sh('tail /dev/zero', '-m', '16m')
  expect(killed.code).toBe(137)
  expect(
    (
      await sh(
        'nproc 2>/dev/null || grep -c Cpus /proc/self/status; cat /proc/self/status',
        '--cpuset-cpus',
        '0',
      )
    ).stdout,
  ).toMatch(/Cpus_allowed_list:\s+0\n/)
  expect((await sh('ulimit -n', '--ulimit', 'nofile=100:200')).stdout).toBe('100\n')
  expect((await sh('df -k /dev/shm | tail -1', '--shm-size', '1m')).stdout).toMatch(/\s1024\s/)
})

test('a life: run, ps, logs, exec, stop, start, wait, rm', async () => {
  const name = freshName()
  await using container = await startDetached(
    '--name',
    name,
    '--label',
    'a=b',
    'busybox',
    'sh',
    '-c',
    'trap "echo bye; exit 5" TERM; echo hello; echo oops >&2; while :; do sleep 0.1; done',
  )
  expect(container.id).toMatch(/^[0-9a-f]{64}$/)
  await eventually(async () => (await tsrun(['logs', name])).stdout === 'hello\n')
  expect(await tsrun(['logs', name])).toMatchObject({ stdout: 'hello\n', stderr: 'oops\n' })
  const table = (await tsrun(['ps', '--filter', `name=${name}`])).stdout.split('\n')
  expect(table[0]).toMatch(/^CONTAINER ID\s+IMAGE\s+COMMAND\s+CREATED\s+STATUS\s+PORTS\s+NAMES$/)
  expect(table[1]).toMatch(new RegExp(`^${container.id.slice(0, 12)}\\s+busybox\\s+"sh -c .*Up .*${name}$`))
  expect((await tsrun(['ps', '-q', '--no-trunc', '--filter', 'label=a=b'])).stdout).toBe(`${container.id}\n`)
  const json: unknown = JSON.parse(
    (await tsrun(['ps', '--format', 'json', '--filter', `name=${name}`])).stdout,
  )
  expect(json).toMatchObject({ Names: name, State: 'running', Image: 'busybox' })

  expect((await tsrun(['run', '--name', name, 'busybox'])).code).toBe(125)
  expect((await tsrun(['rm', name])).code).toBe(1)
  expect((await tsrun(['start', name])).stdout).toBe(`${name}\n`)

  expect((await tsrun(['stop', name])).stdout).toBe(`${name}\n`)
  expect((await tsrun(['inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', name])).stdout).toBe(
    'exited 5\n',
  )
  expect((await tsrun(['ps', '-a', '--filter', `name=${name}`, '--format', '{{.Status}}'])).stdout).toMatch(
    /^Exited \(5\) /,
  )
  expect((await tsrun(['wait', name])).stdout).toBe('5\n')
  expect((await tsrun(['exec', name, 'true'])).code).toBe(1)
  expect((await tsrun(['logs', '--tail', '1', name])).stdout).toBe('bye\n')

  expectCode(await tsrun(['start', name]))
  const waiting = tsrun(['wait', container.id.slice(0, 8)])
  expectCode(await tsrun(['kill', '-s', 'TERM', name]))
  expect((await waiting).stdout).toBe('5\n')
  expectCode(await tsrun(['rm', name]))
  expect((await tsrun(['inspect', name])).code).toBe(1)
})

test('changes of the root outlive a restart, and those of another container do not show', async () => {
  const name = freshName()
  await using _ = await startDetached(
    '--name',
    name,
    'busybox',
    'sh',
    '-c',
    'echo x >> /data; exec sleep 1000',
  )
  await eventually(async () => (await tsrun(['exec', name, 'cat', '/data'])).stdout === 'x\n')
  expectCode(await tsrun(['restart', '-t', '0', name]))
  await eventually(async () => (await tsrun(['exec', name, 'cat', '/data'])).stdout === 'x\nx\n')
  expect((await sh('cat /data')).code).not.toBe(0)
})

test('create and start; start -a shows the output and the exit code', async () => {
  const id = expectCode(await tsrun(['create', 'busybox', 'sh', '-c', 'echo hi; exit 4'])).stdout.trim()
  expect((await tsrun(['ps', '-a', '--format', '{{.Status}}', '--filter', `id=${id}`])).stdout).toBe(
    'Created\n',
  )
  expect(await tsrun(['start', '-a', id])).toMatchObject({ stdout: 'hi\n', code: 4 })
  expectCode(await tsrun(['rm', id]))
})

test('logs -f follows to the end', async () => {
  await using container = await startDetached(
    'busybox',
    'sh',
    '-c',
    'for i in 1 2 3; do echo $i; sleep 0.3; done',
  )
  const followed = await tsrun(['logs', '-f', '-t', container.id])
  expect(followed.stdout.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z [123]$/gm)).toHaveLength(3)
  expect(followed.code).toBe(0)
})

test('the log keeps every byte that is text, and says where lines were cut', async () => {
  await using container = await startDetached(
    'busybox',
    'sh',
    '-c',
    `head -c 40000 /dev/zero | tr '\\0' a; printf 'é"\\\\\\t\\001\\xff\\nend'`,
  )
  await tsrun(['wait', container.id])
  const lines = readFileSync(join(container.dir, 'log'), 'utf8').trimEnd().split('\n')
  const texts = lines.map((line) => (JSON.parse(line) as { log: string }).log)
  expect(texts.map((text) => text.length)).toEqual([16384, 16384, 7232 + 7, 3])
  expect(texts.join('')).toBe(`${'a'.repeat(40000)}é"\\\t\u0001\ufffd\nend`)
})

test('exec: code, environment, user, detached, streams', async () => {
  const name = freshName()
  await using container = await startDetached(
    '--name',
    name,
    '-e',
    'A=1',
    '-m',
    '64m',
    'busybox',
    'sleep',
    '1000',
  )
  expect(await tsrun(['exec', name, 'sh', '-c', 'echo $A$B; exit 3'])).toMatchObject({
    stdout: '1\n',
    code: 3,
  })
  expect(
    (
      await tsrun([
        'exec',
        '-e',
        'B=2',
        '-w',
        '/tmp',
        '-u',
        'nobody',
        name,
        'sh',
        '-c',
        'echo $A$B; pwd; id -u',
      ])
    ).stdout,
  ).toBe('12\n/tmp\n65534\n')
  expect((await tsrun(['exec', '-i', name, 'cat'], { input: 'through' })).stdout).toBe('through')
  expect((await tsrun(['exec', name, 'nosuch'])).code).toBe(127)
  expect((await tsrun(['exec', '-w', '/missing', name, 'true'])).code).toBe(127)
  expect((await tsrun(['exec', '-d', name, 'nosuch'])).code).toBe(1)
  expect((await tsrun(['exec', name, '/etc'])).code).toBe(126)
  expect((await tsrun(['exec', '-u', 'nosuch', name, 'true'])).code).toBe(1)
  expectCode(await tsrun(['exec', '-d', name, 'sh', '-c', 'echo done > /marker; sleep 1000']))
  await eventually(async () => (await tsrun(['exec', name, 'cat', '/marker'])).stdout === 'done\n')
  expect((await tsrun(['top', name])).stdout.match(/sleep 1000/g)).toHaveLength(2)
  const cgroup = (await tsrun(['exec', name, 'cat', '/proc/self/cgroup'])).stdout
  expect(cgroup).not.toMatch(/memory:.*\.\./)
  expect(readFileSync(join(container.dir, 'config.json'), 'utf8')).toContain('"A=1"')
})

test('a container that removes itself is gone with its files', async () => {
  const id = expectCode(await tsrun(['-d', '--rm', 'busybox', 'sh', '-c', 'sleep 4; exit 6'])).stdout.trim()
  expect((await tsrun(['wait', id])).stdout).toBe('6\n')
  await eventually(() => !containerLeftovers().some((path) => path.includes(id)))
})

test('twenty at once, each with an address of its own', async () => {
  const script = (i: number) => `ip -4 addr show eth0 | grep -o 'inet [0-9.]*'; sleep 1000; exit ${i}`
  const ids = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const started = await tsrun(['-d', 'busybox', 'sh', '-c', script(i)])
      return expectCode(started).stdout.trim()
    }),
  )
  const addresses = await Promise.all(ids.map(async (id) => (await tsrun(['logs', id])).stdout))
  expect(new Set(addresses).size).toBe(20)
  expect(addresses.every((text) => /^inet 10\.[\d.]+\n$/.test(text))).toBe(true)
  expect(
    expectCode(await tsrun(['rm', '-f', ...ids]))
      .stdout.trim()
      .split('\n'),
  ).toEqual(ids)
})

test('usage errors end with 125 and teach', async () => {
  expect(await tsrun(['--rmm', 'busybox'])).toMatchObject({
    code: 125,
    stderr: expect.stringContaining('did you mean --rm?'),
  })
  expect((await tsrun(['ps', '--bogus'])).code).toBe(125)
  expect((await tsrun(['logs', 'no-such-container'])).code).toBe(1)
  expect((await tsrun(['--help'])).code).toBe(0)
  expect((await tsrun(['run', '--help'])).stdout).toContain('--publish')
})

// Options that podman's users bring along; what they do was compared with podman's.
import { mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, inject, test } from 'vitest'
import { eventually, freshName, startDetached, watchLeftovers } from '../support/e2e/containers.ts'
import { expectCode, type Outcome, runCommand, tsrun } from '../support/e2e/rig.ts'

afterAll(watchLeftovers())

const work = mkdtempSync(join(tmpdir(), 'tsbuild-podman-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const program = join(import.meta.dirname, '../../bin/tsrun')
const plain = ['run', '--rm', '--network=none']
const inspect = async (name: string, template: string): Promise<string> =>
  (await tsrun(['inspect', '-f', template, name])).stdout.trim()

test('--umask is that of the program and of what exec runs', async () => {
  const name = freshName()
  const container = await startDetached(
    '--network=none',
    '--name',
    name,
    '--umask',
    '0027',
    'busybox',
    'sleep',
    '100',
  )
  await using _ = container
  expect((await tsrun(['exec', name, 'sh', '-c', 'umask'])).stdout).toBe('0027\n')
  expect(await inspect(name, '{{.Config.Umask}}')).toBe('0027')
  const own = await tsrun([...plain, '--umask', '77', 'busybox', 'sh', '-c', 'touch /x; ls -l /x'])
  expect(own.stdout).toMatch(/^-rw------- /)
})

test('--timeout kills what runs longer, and leaves alone what does not', async () => {
  expect(await tsrun([...plain, '--timeout', '1', 'busybox', 'sleep', '100'])).toMatchObject({ code: 137 })
  expect(await tsrun([...plain, '--timeout', '1000', 'busybox', 'sh', '-c', 'exit 3'])).toMatchObject({
    code: 3,
  })
})

test('--pidfile is written at every start, never through a link', async () => {
  const name = freshName()
  const file = join(work, 'pid')
  const other = join(work, 'other')
  writeFileSync(other, 'untouched')
  symlinkSync(other, file)
  await using _ = await startDetached(
    '--network=none',
    '--name',
    name,
    '--pidfile',
    file,
    'busybox',
    'sleep',
    '100',
  )
  expect(readFileSync(file, 'utf8')).toBe(await inspect(name, '{{.State.Pid}}'))
  expect(readFileSync(other, 'utf8')).toBe('untouched')
  expectCode(await tsrun(['restart', '-t', '0', name]))
  expect(readFileSync(file, 'utf8')).toBe(await inspect(name, '{{.State.Pid}}'))
  expect(await inspect(name, '{{.PidFile}}')).toBe(file)
  // What is not to be replaced may come later than the container.
  rmSync(file)
  symlinkSync('/dev/null', file)
  expect(await tsrun(['restart', '-t', '0', name])).toMatchObject({ code: 1 })
  expect(readlinkSync(file)).toBe('/dev/null')
})

test('--replace asks the one before to end, and takes its name only', async () => {
  const name = freshName()
  const file = join(work, 'said')
  const create = (...command: readonly string[]) =>
    tsrun([
      ...['run', '-d', '--replace', '--network=none', '--name', name, '-v', `${work}:/work`],
      ...['busybox', ...command],
    ])
  const first = expectCode(
    await create('sh', '-c', 'trap "echo asked >/work/said; exit" TERM; echo ready; sleep 100 & wait'),
  ).stdout.trim()
  await eventually(async () => (await tsrun(['logs', name])).stdout === 'ready\n')
  const second = expectCode(await create('true')).stdout.trim()
  expect(readFileSync(file, 'utf8')).toBe('asked\n')
  expect((await tsrun(['inspect', first])).code).toBe(1)
  expect(await inspect(name, '{{.Id}}')).toBe(second)
  // The beginning of an id is no name: nothing is replaced.
  const third = expectCode(
    await tsrun(['create', '--replace', '--name', second.slice(0, 12), '--network=none', 'busybox', 'true']),
  ).stdout.trim()
  expectCode(await tsrun(['rm', second, third]))
  // What cannot be made replaces nothing.
  const kept = expectCode(await tsrun(['create', '--name', name, 'busybox', 'true'])).stdout.trim()
  expect(
    (await tsrun(['create', '--replace', '--pull=never', '--name', name, 'nothere', 'true'])).code,
  ).toBeGreaterThan(0)
  expect(await inspect(name, '{{.Id}}')).toBe(kept)
  expectCode(await tsrun(['rm', kept]))
})

test('variables and mounts', async () => {
  const env = expectCode(
    await tsrun([...plain, '--env-host', '-e', 'B=said', 'busybox', 'sh', '-c', 'echo $A $B'], {
      env: { A: 'ours', B: 'ours' },
    }),
  )
  expect(env.stdout).toBe('ours said\n')
  const script = 'touch /run/a /tmp/a /var/tmp/a && ! touch /etc/a 2>/dev/null && echo good'
  const tmpfs = await tsrun([...plain, '--read-only', '--read-only-tmpfs', 'busybox', 'sh', '-c', script])
  expect(tmpfs).toMatchObject({ code: 0, stdout: 'good\n' })
  const name = freshName()
  expectCode(await tsrun(['--name', name, '-v', '/tmp', '--network=none', 'busybox', 'touch', '/tmp/mark']))
  const beside = await tsrun([
    ...[...plain, '--read-only', '--read-only-tmpfs', '--volumes-from', name],
    ...['busybox', 'sh', '-c', 'touch /run/a /var/tmp/a && ls /tmp'],
  ])
  expectCode(await tsrun(['rm', '-v', name]))
  expect(beside).toMatchObject({ code: 0, stdout: 'mark\n' })
})

test('--preserve-fds hands on what the caller has opened, also in the background', async () => {
  const given = join(work, 'given')
  writeFileSync(given, 'given\n')
  const run = (redirect: string, ...words: readonly string[]): Promise<Outcome> =>
    runCommand('sh', ['-c', `exec "$@" ${redirect}`, 'sh', program, 'run', ...words], {
      env: { TSBUILD_ROOT: inject('storeRoot'), TSBUILD_RUN: inject('runRoot'), TSBUILD_PULL: 'never' },
    })
  const common = ['--network=none', '--preserve-fds', '2']
  const both = `3<${given} 4>${join(work, 'taken')}`
  const script = 'cat <&3; echo taken >&4; ls /proc/self/fd'
  const front = await run(both, '--rm', ...common, 'busybox', 'sh', '-c', script)
  // The fifth is the directory that ls reads.
  expect(front).toMatchObject({ code: 0, stdout: 'given\n0\n1\n2\n3\n4\n5\n' })
  expect(readFileSync(join(work, 'taken'), 'utf8')).toBe('taken\n')
  const name = freshName()
  expectCode(await run(both, '-d', '--name', name, ...common, 'busybox', 'cat', '/proc/self/fd/3'))
  expect((await tsrun(['wait', name])).stdout).toBe('0\n')
  expect((await tsrun(['logs', name])).stdout).toBe('given\n')
  expectCode(await tsrun(['rm', name]))
  expect((await run(`3<${given}`, '--rm', ...common, 'busybox', 'true')).code).toBe(125)
  expect((await tsrun([...plain, '--preserve-fds', '1', 'busybox', 'true'])).code).toBe(125)
})

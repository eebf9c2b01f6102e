import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CliContext } from '../../../../src/cli/context.ts'
import { parseVerb } from '../../../../src/cli/run/parse-verb.ts'
import { defineRunFlags, type RunFlags } from '../../../../src/cli/run/run-flags.ts'
import { type RunWish, toRunWish } from '../../../../src/cli/run/run-options.ts'
import { timeZone } from '../../../../src/cli/run/time-zone.ts'

let work: string
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'tsbuild-podman-'))
})
afterAll(() => rmSync(work, { recursive: true }))

const output = { write: () => undefined, isTTY: false, columns: 80 }
const parse = async (...argv: string[]): Promise<RunWish> => {
  const cli: CliContext = {
    stdout: output,
    stderr: output,
    stdin: { fd: 0, isTTY: false },
    env: { A: 'ours', B: 'ours', TSBUILD_FRONT: '3:1', TSBUILD_EXTRA_CA_CERTS: '/ca' },
    cwd: work,
    root: '/root',
    runRoot: '/run',
    now: () => 0,
  }
  const parsed = await parseVerb<RunFlags>('run', [...argv, 'busybox'], cli, defineRunFlags)
  if (!parsed) throw new Error('help')
  return toRunWish(parsed.options, [], cli)
}
const usage = expect.objectContaining({ code: 'usage', exitCode: 125 })

test('a plain run asks for none of them', async () => {
  const { options, mounts } = await parse()
  for (const name of ['replace', 'umask', 'runTimeout', 'pidFile', 'unsetEnv'])
    expect(options).not.toHaveProperty(name)
  expect([options.env, mounts]).toEqual([[], []])
})

test('--umask has up to four octal digits', async () => {
  expect((await parse('--umask', '0027')).options.umask).toBe(0o027)
  expect((await parse('--umask', '0')).options.umask).toBe(0)
  for (const text of ['99', '12345', '', '-1']) await expect(parse('--umask', text)).rejects.toThrow(usage)
})

test('--timeout is in seconds, 0 for ever', async () => {
  expect((await parse('--timeout', '3')).options.runTimeout).toBe(3)
  expect((await parse('--timeout', '0')).options).not.toHaveProperty('runTimeout')
  for (const text of ['-1', 'x', '1.5']) await expect(parse('--timeout', text)).rejects.toThrow(usage)
})

test('--replace needs a name', async () => {
  expect((await parse('--replace', '--name', 'a')).options).toMatchObject({ replace: true, name: 'a' })
  await expect(parse('--replace')).rejects.toThrow(usage)
})

test('--pidfile is a file in a directory that is there', async () => {
  expect((await parse('--pidfile', 'pid')).options.pidFile).toBe(join(work, 'pid'))
  await expect(parse('--pidfile', 'no/pid')).rejects.toThrow(usage)
  await expect(parse('--pidfile', work)).rejects.toThrow(usage)
})

test('--pidfile takes the place of no device of the host, nor of a link to one', async () => {
  const links = { device: '/dev/null', ours: '/proc/self/fd/1', loop: 'loop', file: 'nowhere' }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(work, name))
  for (const path of ['/dev/null', '/dev/stdout', 'device', 'ours', 'loop', 'loop/pid', 'a'.repeat(300)])
    await expect(parse('--pidfile', path)).rejects.toThrow(usage)
  expect((await parse('--pidfile', 'file')).options.pidFile).toBe(join(work, 'file'))
})

test('--env-host: -e wins, and nothing of ours is handed on', async () => {
  expect((await parse('--env-host', '-e', 'A=said')).options.env).toEqual([
    'A=ours',
    'B=ours',
    'NODE_EXTRA_CA_CERTS=/ca',
    'A=said',
  ])
})

test('--unsetenv', async () => {
  expect((await parse('--unsetenv', 'A', '--unsetenv=B')).options.unsetEnv).toEqual(['A', 'B'])
  expect((await parse('--unsetenv', 'A', '--unsetenv-all')).options.unsetEnv).toBe('all')
})

test('--read-only-tmpfs: with --read-only, and where nothing else is mounted', async () => {
  const paths = async (...words: string[]) => (await parse(...words)).mounts.map((m) => m.destination)
  expect(await paths('--read-only', '--read-only-tmpfs')).toEqual(['/run', '/tmp', '/var/tmp'])
  expect(await paths('--read-only', '--read-only-tmpfs', '-v', 'v:/tmp/')).toEqual([
    '/tmp/',
    '/run',
    '/var/tmp',
  ])
  expect(await paths('--read-only-tmpfs')).toEqual([])
  expect(await paths('--read-only', '--read-only-tmpfs=false')).toEqual([])
})

test('--tz: the variable and the file of the zone, of those that the machine has', () => {
  mkdirSync(join(work, 'usr/share/zoneinfo/Europe'), { recursive: true })
  mkdirSync(join(work, 'etc'))
  const zone = join(work, 'usr/share/zoneinfo/Europe/Berlin')
  writeFileSync(zone, 'TZif2')
  writeFileSync(join(work, 'usr/share/zoneinfo/tzdata'), 'text')
  expect(timeZone('local', work)).toEqual({ env: ['TZ=UTC'], mounts: [] })
  const berlin = {
    env: ['TZ=Europe/Berlin'],
    mounts: [
      {
        kind: 'bind',
        source: zone,
        destination: '/usr/share/zoneinfo/Europe/Berlin',
        readonly: true,
        createSource: false,
        mode: 'ro',
      },
    ],
  }
  expect(timeZone('Europe/Berlin', work)).toEqual(berlin)
  symlinkSync('../usr/share/zoneinfo/Europe/Berlin', join(work, 'etc/localtime'))
  expect(timeZone('local', work)).toEqual(berlin)
  rmSync(join(work, 'etc/localtime'))
  writeFileSync(join(work, 'etc/localtime'), 'TZif2')
  expect(timeZone('local', work)).toMatchObject({
    env: ['TZ=localtime'],
    mounts: [{ destination: '/usr/share/zoneinfo/localtime' }],
  })
  // What an engine makes of a bind of a file that is not there.
  rmSync(join(work, 'etc/localtime'))
  mkdirSync(join(work, 'etc/localtime'))
  expect(timeZone('local', work)).toEqual({ env: ['TZ=UTC'], mounts: [] })
  for (const name of ['Europe', 'Europe/Paris', 'tzdata', '../zoneinfo/tzdata', '/etc/passwd', ''])
    expect(() => timeZone(name, work)).toThrow(usage)
})

test('what podman has besides is refused with a hint', async () => {
  await expect(parse('--secret', 'x')).rejects.toThrow(
    expect.objectContaining({
      exitCode: 125,
      message: expect.stringContaining("unknown option '--secret'"),
      hint: expect.stringContaining('/run/secrets'),
    }),
  )
  await expect(parse('--cgroups=split')).rejects.toThrow(
    expect.objectContaining({ hint: expect.stringContaining('--cgroup-parent') }),
  )
  await expect(parse('--replce')).rejects.toThrow(
    expect.objectContaining({ hint: expect.stringContaining('--replace') }),
  )
})

import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { compileProbe, fromShell, guardedVictim, hostileBase } from '../support/e2e/attack-rig.ts'
import { eventually, freshName, pidIn, startDetached } from '../support/e2e/containers.ts'
import { expectCode, makeDirectory, type Outcome, runCommand, tsrun } from '../support/e2e/rig.ts'

/** Programs in containers that attack: SECURITY rows 28, 29, 52, 54, 55, 63, for run and exec. */

const victim = guardedVictim()
let probe: Awaited<ReturnType<typeof compileProbe>>

beforeAll(async () => {
  probe = await compileProbe()
})
afterAll(() => probe[Symbol.dispose]())

const withProbe = (...args: readonly string[]): Promise<Outcome> =>
  tsrun(['--rm', '-v', `${probe.path}:/probe:ro`, ...args])

describe('system calls (63)', () => {
  const allowed = new Set(
    'socket-inet socket-unix socket-netlink personality-query chroot ptrace-traceme memfd_create i386-socket-inet i386-getpid'.split(
      ' ',
    ),
  )
  /** Calls that fail for want of a right or of sense, not by the filter. */
  const others = new Map([
    ['clone3', /^ENOSYS$/],
    ['io_setup-bad', /^EFAULT$|^EINVAL$/],
    ['chroot', /^(ok|EPERM)$/],
  ])

  const expectFiltered = (outcome: Outcome): void => {
    const answers = expectCode(outcome)
      .stdout.trim()
      .split('\n')
      .map((line) => line.split(' '))
    expect(answers.length).toBeGreaterThan(45)
    for (const [call = '', answer = ''] of answers)
      expect(`${call} ${answer}`).toMatch(
        new RegExp(
          `^${call} ${(others.get(call) ?? (allowed.has(call) ? /^ok$/ : /^EPERM$/)).source.replace(/^\^/, '')}`,
        ),
      )
  }

  it('that break out are refused to a run', async () =>
    expectFiltered(await withProbe('busybox', '/probe', 'calls')))
  it('and to a run of another user, with no-new-privileges', async () =>
    expectFiltered(
      await withProbe('-u', '65534', '--security-opt', 'no-new-privileges', 'busybox', '/probe', 'calls'),
    ))
  it('and to a run with a terminal and an init', async () => {
    const outcome = await fromShell(`exec script -qec "$(printf '%q ' "$@")" /dev/null`, [
      'tsrun',
      '--rm',
      '-t',
      '--init',
      '-v',
      `${probe.path}:/probe`,
      'busybox',
      '/probe',
      'calls',
    ])
    expectFiltered({ ...outcome, stdout: outcome.stdout.replaceAll('\r', '') })
  })
  it('and to an exec, attached and detached', async () => {
    await using container = await startDetached('-v', `${probe.path}:/probe`, 'busybox', 'sleep', '300')
    expectFiltered(await tsrun(['exec', container.id, '/probe', 'calls']))
    expectCode(
      await tsrun([
        'exec',
        '-d',
        container.id,
        'sh',
        '-c',
        '/probe calls > /out; echo >> /out; mv /out /done',
      ]),
    )
    await eventually(async () => (await tsrun(['exec', container.id, 'cat', '/done'])).code === 0)
    expectFiltered(await tsrun(['exec', container.id, 'cat', '/done']))
  })
  it('are let through with --privileged, which shows that the probe can tell', async () => {
    const answers = expectCode(await withProbe('--privileged', 'busybox', '/probe', 'calls')).stdout
    expect(answers).toMatch(/^unshare-user ok$/m)
    expect(answers).toMatch(/^mount EFAULT$/m)
    expect(answers).toMatch(/^clock_settime EFAULT$/m)
  })
})

describe('rights (54, 55)', () => {
  const status = ['grep', '-E', '^(Cap|Groups|NoNew|Uid|Gid)', '/proc/self/status']
  const fields = (outcome: Outcome): Record<string, string> =>
    Object.fromEntries(
      expectCode(outcome)
        .stdout.trim()
        .split('\n')
        .map((line) => line.split(/:\s*/).map((text) => text.trim())),
    )

  it('nothing is inheritable or ambient, groups are those of the image', async () => {
    await using base = await hostileBase(
      'echo "app:x:7:7::/:/bin/sh" >> etc/passwd; echo "seven:x:7:" >> etc/group; echo "eight:x:8:app" >> etc/group',
    )
    await using container = await startDetached(base.name, 'sleep', '300')
    for (const user of ['root', 'app', '1234:5678'])
      for (const outcome of [
        await fromShell('', ['tsrun', '--rm', '-u', user, base.name, ...status]),
        await tsrun(['exec', '-u', user, container.id, ...status]),
      ]) {
        const found = fields(outcome)
        expect(found).toMatchObject({
          CapInh: '0'.repeat(16),
          CapAmb: '0'.repeat(16),
          CapBnd: '00000000a80425fb',
        })
        expect(found['CapEff']).toBe(user === 'root' ? '00000000a80425fb' : '0'.repeat(16))
        expect(found['Groups']).toBe({ root: '0', app: '7 8' }[user] ?? '5678')
      }
  })
})

describe('descriptors and variables of the caller (28, 52)', () => {
  it('reach neither run, exec, nor what runs detached', async () => {
    const setup = `exec 3<"${victim.path}" 9<"${victim.path}/secret" 19>>"${victim.path}/secret"; export HOST_SECRET=canary; cd "${victim.path}"`
    const look = [
      'sh',
      '-c',
      'ls -l /proc/1/fd /proc/self/fd; env; cat /proc/*/environ | tr "\\0" "\\n"; ls -l /proc/*/cwd /proc/*/root',
    ] as const
    const name = freshName()
    const run = await fromShell(setup, ['tsrun', '--rm', 'busybox', ...look])
    expectCode(
      await fromShell(setup, ['tsrun', '-d', '--name', name, 'busybox', 'sh', '-c', `${look[2]}; sleep 300`]),
    )
    const exec = await fromShell(setup, ['tsrun', 'exec', name, ...look])
    expectCode(
      await fromShell(setup, [
        'tsrun',
        'exec',
        '-d',
        name,
        'sh',
        '-c',
        `ls -l /proc/self/fd > /fds; sleep 300`,
      ]),
    )
    await eventually(async () => (await tsrun(['exec', name, 'cat', '/fds'])).code === 0)
    const logs = await tsrun(['logs', name])
    const fds = await tsrun(['exec', name, 'cat', '/fds'])
    for (const { stdout, stderr } of [run, exec, logs, fds]) {
      expect(stdout + stderr).not.toMatch(/canary|victim|HOST_SECRET|TSBUILD_|memfd|socket:/)
      expect(stdout + stderr).not.toMatch(/ (4|5|6|7|8|9|1\d) -> /)
    }
    // The monitor keeps nothing of the caller either.
    const monitor = join('/proc', String(pidIn(await directoryOf(name), 'monitor')))
    expect((await runCommand('ls', ['-l', `${monitor}/fd`, `${monitor}/cwd`])).stdout).not.toContain(
      victim.path,
    )
    expect(readFileSync(`${monitor}/environ`, 'utf8')).not.toContain('canary')
    await tsrun(['rm', '-f', name])
  })

  it('are no way to the host: a directory as standard input of an exec', async () => {
    await using container = await startDetached('busybox', 'sleep', '300')
    const script = 'ls -la /proc/self/fd/0/ /proc/self/fd/0/..; cd /proc/self/fd/0 && pwd && cat secret; true'
    const outcome = await fromShell(`exec 0<"${victim.path}"`, [
      'tsrun',
      'exec',
      '-i',
      container.id,
      'sh',
      '-c',
      script,
    ])
    expect(outcome.stdout + outcome.stderr).not.toMatch(/canary|secret$|victim/m)
  })

  it('keep their owner: a FIFO of the host as standard input and output of an exec', async () => {
    using directory = makeDirectory()
    const fifo = join(directory.path, 'fifo')
    expectCode(await runCommand('mkfifo', [fifo]))
    await using container = await startDetached('busybox', 'sleep', '300')
    const setup = `exec 0<>"${fifo}" 1>"${fifo}"`
    expectCode(await fromShell(setup, ['tsrun', 'exec', '-i', '-u', '65534', container.id, 'true']))
    expect(statSync(fifo).uid).toBe(0)
  })
})

const directoryOf = async (name: string): Promise<string> => {
  const found: unknown = JSON.parse((await tsrun(['inspect', name])).stdout)
  const id = Array.isArray(found) ? String(found[0]?.Id) : ''
  return join(inject('storeRoot'), 'containers', id)
}

describe('the helper (29)', () => {
  it('is not overwritten by a container that waits for it, nor run with the rights of the host', async () => {
    const helper = new URL('../../native/build/tsbuild-native', import.meta.url).pathname
    const digest = (): string => createHash('sha256').update(readFileSync(helper)).digest('hex')
    const before = digest()
    await using container = await startDetached(
      '-v',
      `${probe.path}:/probe:ro`,
      'busybox',
      '/probe',
      'overwrite',
    )
    for (let i = 0; i < 10; i++) await tsrun(['exec', '-w', '/', container.id, '/proc/self/exe', '--version'])
    for (let i = 0; i < 3; i++) await tsrun(['exec', container.id, 'true'])
    const logs = await tsrun(['logs', container.id])
    expect(logs.stdout).not.toContain('written')
    const ran = await tsrun(['--rm', '--entrypoint', '/proc/self/exe', 'busybox', 'fsops', 'scan', '/'])
    expect(ran.stdout).not.toContain('canary')
    expect(digest()).toBe(before)
  })
})

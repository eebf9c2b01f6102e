import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import {
  buildAttack,
  compileProbe,
  fromShell,
  guardedVictim,
  processesWith,
} from '../support/e2e/attack-rig.ts'
import { expectCode, makeDirectory, runCommand, tsbuild } from '../support/e2e/rig.ts'

/** Steps of a build that attack: SECURITY rows 51, 52, 54-59, 63, 67. */

const victim = guardedVictim()

describe('what a RUN step gets (52, 54-59, 63)', () => {
  it('is no variable, descriptor, group or process of the caller', async () => {
    const dockerfile =
      'FROM busybox\nRUN env; cat /proc/*/environ | tr "\\0" "\\n"; ls -l /proc/self/fd /proc/1/fd; ps; grep -E "^(Cap|Groups|Seccomp)" /proc/self/status\n'
    using directory = makeDirectory({ Dockerfile: dockerfile })
    const setup = `exec 3<"${victim.path}" 9<"${victim.path}/secret" 20>>"${victim.path}/secret"; export HOST_SECRET=canary SSH_AUTH_SOCK=${victim.path}`
    const outcome = expectCode(
      await fromShell(setup, ['tsbuild', '--no-cache', '--progress=plain', directory.path]),
    )
    expect(outcome.stderr).not.toMatch(/canary|victim|HOST_SECRET|SSH_AUTH|TSBUILD_|vitest/)
    expect(outcome.stderr).not.toMatch(/ (9|20) -> /)
    expect(outcome.stderr).toMatch(/CapInh:\s+0{16}/)
    expect(outcome.stderr).toMatch(/CapEff:\s+00000000a80425fb/)
    expect(outcome.stderr).toMatch(/CapBnd:\s+00000000a80425fb/)
    expect(outcome.stderr).toMatch(/CapAmb:\s+0{16}/)
    expect(outcome.stderr).toMatch(/Seccomp:\s+2/)
    expect(outcome.stderr).toMatch(/Groups:\s+0 *$/m)
  })

  it('is nothing that a step before it has left in its network without sending anything', async () => {
    using probe = await compileProbe()
    const again = 'RUN /probe places leave\n'.repeat(4)
    await using built = await buildAttack(`FROM busybox\nCOPY probe /probe\n${again}RUN /probe places\n`, {
      files: { probe: readFileSync(probe.path) },
      prepare: 'chmod 755 probe',
    })
    const lines = expectCode(built.outcome).stderr
    for (const place of ['port', 'listen', 'name', 'label'])
      expect(lines.match(new RegExp(` ${place} ok$`, 'gm'))).toHaveLength(5)
  })

  it('is none of the calls that break out', async () => {
    using probe = await compileProbe()
    await using built = await buildAttack(
      'FROM busybox\nCOPY probe /probe\nRUN /probe calls; /probe terminal\nUSER 65534\nRUN /probe calls\n',
      {
        files: { probe: readFileSync(probe.path) },
        prepare: 'chmod 755 probe',
      },
    )
    const lines = expectCode(built.outcome).stderr
    for (const call of [
      'socket-alg',
      'socket-vsock',
      'io_uring_setup',
      'unshare-user',
      'keyctl',
      'bpf',
      'mount',
      'i386-keyctl',
    ])
      expect(lines.match(new RegExp(` ${call} EPERM$`, 'gm'))).toHaveLength(2)
    for (const call of ['socket-inet', 'ptrace-traceme'])
      expect(lines.match(new RegExp(` ${call} ok$`, 'gm'))).toHaveLength(2)
    expect(lines).toMatch(/0 none tiocsti E/)
    expect(lines).toMatch(/\/dev\/tty ENXIO/)
  })

  it('is no disk, no sysctl, no cgroup that can be written', async () => {
    await using built = await buildAttack(
      [
        'FROM busybox',
        'RUN set -x; mknod /d b $(stat -c "%t %T" /dev/null >/dev/null; grep -m1 -oE "[0-9]+:[0-9]+ / /etc/hosts|^$" /proc/self/mountinfo >/dev/null; echo 8 0) && ! dd if=/d of=/dev/null count=1',
        'RUN ! echo x > /proc/sys/kernel/core_pattern; ! echo b > /proc/sysrq-trigger; ! echo x > /proc/sys/kernel/hostname',
        'RUN for d in /sys/fs/cgroup /sys/fs/cgroup/*; do ! mkdir $d/x && ! echo /x > $d/release_agent && ! echo 1 > $d/cgroup.procs || exit 9; done',
        'RUN ! mount -t cgroup -o memory none /tmp && ! mount -t proc none /tmp && ! mount --bind / /tmp && ! mount -o remount,rw /sys',
        'RUN rm -f /d',
      ].join('\n'),
    )
    expectCode(built.outcome)
  })

  it('leaves no process behind: background, double fork, new session, stopped', async () => {
    const mark = `${100_000 + Math.floor(Math.random() * 100_000)}`
    const start = Date.now()
    await using built = await buildAttack(
      `FROM busybox\nRUN sleep ${mark} & (setsid sleep ${mark} &) ; (trap "" TERM HUP INT; sh -c "sleep ${mark}; :" &); sh -c "kill -STOP \\$\\$" & true\n`,
    )
    expectCode(built.outcome)
    expect(Date.now() - start).toBeLessThan(120_000)
    expect(processesWith(`sleep\0${mark}`)).toEqual([])
  })
})

describe('output of steps (67)', () => {
  const evil =
    '\\033]0;owned\\007\\033[2J\\233A\\r\\n::add-mask::canary\\n  ::set-output name=x::y\\n##[add-path]/evil\\n##vso[task.setvariable]x\\n'

  it.each(['true', 'false'])(
    'cannot steer a terminal or a CI system (a step that ends with %s)',
    async (end) => {
      using directory = makeDirectory({
        Dockerfile: `FROM busybox\nRUN printf '${evil}'; printf '${evil}' >&2; ${end}\n`,
      })
      for (const view of ['plain', 'auto', 'tty', 'quiet']) {
        const { stdout, stderr } = await tsbuild(['--no-cache', `--progress=${view}`, '.'], {
          cwd: directory.path,
          env: { GITHUB_ACTIONS: 'true' },
        })
        for (const text of [stdout, stderr]) {
          expect(text).not.toMatch(/^\s*::/m)
          expect(text).not.toMatch(/##(\[|vso\[)/)
          // The view for terminals moves the cursor itself; what steps print must still be tame.
          expect(text).not.toMatch(
            view === 'tty' ? /\u001b\]|\u0007|\u001b\[2J/ : /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/,
          )
        }
      }
    },
  )

  it('the Dockerfile cannot either', async () => {
    for (const dockerfile of [
      'FROM busybox\nRUNN \u001b]0;x\u0007\u009bA\n',
      'FROM \u001b[2J\n',
      'FROM busybox\nCOPY \u001b[2J\u202e /\n',
      'FROM busybox AS \u001b[2J\nRUN exit 3 # \u001b[2J\n',
      'FROM busybox\nRUN echo x; exit 3 # \u001b[2J\n',
    ]) {
      await using built = await buildAttack(dockerfile)
      expect(built.outcome.code).not.toBe(0)
      expect(built.outcome.stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/)
    }
  })

  it('100 MB of it take little memory and lose nothing of the end', async () => {
    using directory = makeDirectory({
      Dockerfile:
        'FROM busybox\nRUN yes | head -c 50000000; head -c 50000000 /dev/zero; echo; echo the end; false\n',
    })
    const outcome = await fromShell('ulimit -v unlimited', [
      'tsbuild',
      '--no-cache',
      '--progress=quiet',
      directory.path,
    ])
    expectCode(outcome, 1)
    expect(outcome.stderr).toContain('the end')
  })
})

describe('secrets (51)', () => {
  it('of build args that are only in the environment, and of proxies, do not get into image or history', async () => {
    await using built = await buildAttack('FROM busybox\nRUN env > /dev/null\nRUN echo x > /y\n', {
      args: ['--build-arg', 'HTTP_PROXY', '--build-arg', 'https_proxy=http://user:canary@127.0.0.1:1'],
      env: { HTTP_PROXY: 'http://user:canary@127.0.0.1:1' },
    })
    expectCode(built.outcome)
    expect(built.outcome.stderr).not.toContain('canary')
    for (const verb of [['inspect'], ['history', '--no-trunc']])
      expect((await tsbuild([...verb, built.name])).stdout).not.toContain('canary')
    const grep = await runCommand('grep', [
      '-rla',
      'user:canary',
      join(inject('storeRoot'), 'records'),
      join(inject('storeRoot'), 'content'),
    ])
    expect(grep.stdout).toBe('')
  })
})

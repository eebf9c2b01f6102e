import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileProbe, fromShell, guardedVictim, processesWith } from '../support/e2e/attack-rig.ts'
import { eventually, freshName, startDetached } from '../support/e2e/containers.ts'
import { expectCode, makeDirectory, type Outcome, runCommand, tsbuild, tsrun } from '../support/e2e/rig.ts'

/** Programs in containers that attack: SECURITY rows 32, 34-36, 56-59, for run and exec. */

const victim = guardedVictim()
let probe: Awaited<ReturnType<typeof compileProbe>>

beforeAll(async () => {
  probe = await compileProbe()
})
afterAll(() => probe[Symbol.dispose]())

const withProbe = (...args: readonly string[]): Promise<Outcome> =>
  tsrun(['--rm', '-v', `${probe.path}:/probe:ro`, ...args])

describe('devices', () => {
  const disk = (): readonly string[] => {
    const line = readFileSync('/proc/partitions', 'utf8')
      .split('\n')
      .find((text) => /^\s+\d+\s+\d+\s+\d+ [a-z]+$/.test(text))
    return line?.trim().split(/\s+/).slice(0, 2) ?? ['8', '0']
  }

  it('of the host cannot be opened by number, in run and exec', async () => {
    const open = ['/probe', 'open-device', ...disk()]
    expect(expectCode(await withProbe('busybox', ...open)).stdout).toBe('mknod ok\nopen EPERM\n')
    await using container = await startDetached('-v', `${probe.path}:/probe`, 'busybox', 'sleep', '300')
    expect(expectCode(await tsrun(['exec', container.id, ...open])).stdout).toBe('mknod ok\nopen EPERM\n')
  })

  it('without the right to make them, not even made', async () => {
    const outcome = await withProbe('--cap-drop', 'MKNOD', 'busybox', '/probe', 'open-device', ...disk())
    expect(outcome.stdout).toBe('mknod EPERM\n')
  })

  it('memory, kernel log and terminals of the host are not there', async () => {
    const script =
      'for n in "1 1" "1 2" "1 11" "4 0" "4 1" "10 200" "7 0"; do rm -f /tmp/n; mknod /tmp/n c $n && dd if=/tmp/n of=/dev/null count=1 2>&1; done; ls /dev'
    const { stdout } = await tsrun(['--rm', 'busybox', 'sh', '-c', script])
    expect(stdout.match(/not permitted/g)).toHaveLength(7)
    expect(stdout).not.toMatch(/^(mem|kmsg|vda|sda|tty\d|kvm|fuse)$/m)
  })
})

describe('cgroups and kernel files (32, 35, 56)', () => {
  it('cannot be written, mounted or left', async () => {
    const script = [
      'for d in /sys/fs/cgroup /sys/fs/cgroup/* /sys/fs/cgroup/*/*/; do',
      '  mkdir $d/evil && echo BAD mkdir; echo /x > $d/release_agent && echo BAD agent; echo 1 > $d/notify_on_release && echo BAD notify',
      '  echo 1 > $d/cgroup.procs && echo BAD procs; echo a > $d/devices.allow && echo BAD devices; done',
      'mkdir /tmp/c; mount -t cgroup -o memory none /tmp/c && echo BAD mount; mount -t cgroup2 none /tmp/c && echo BAD mount2',
      'mount -o remount,rw /sys/fs/cgroup && echo BAD remount; mount -o remount,rw /proc/sys && echo BAD remount proc; umount /proc/sys && echo BAD umount',
      'echo x > /proc/sys/kernel/core_pattern && echo BAD core; echo x > /proc/sys/kernel/modprobe && echo BAD modprobe; echo b > /proc/sysrq-trigger && echo BAD sysrq',
      'echo 1 > /proc/sys/vm/overcommit_memory && echo BAD vm; echo x > /sys/kernel/uevent_helper && echo BAD uevent; echo 0 > /sys/block/*/queue/rotational && echo BAD block',
      'cat /proc/keys /proc/timer_list /proc/kcore 2>/dev/null | head -c 20; ls /sys/firmware /proc/acpi; grep -v " 0::/$\\|:/$" /proc/self/cgroup; echo end',
    ].join('\n')
    for (const args of [[], ['--cap-add', 'SYS_PTRACE'], ['-u', '65534']]) {
      const { stdout } = expectCode(await tsrun(['--rm', ...args, 'busybox', 'sh', '-c', `${script}`]))
      expect(stdout.replace(/^\/.*:\n|\n(?=\n)/gm, '').trim()).toBe('end')
    }
  })

  it('stay away from names that climb', async () => {
    for (const args of [
      ['--name', '../../x'],
      ['--name', 'a/b'],
      ['--name', '..'],
      ['--name', ''],
      ['-h', '../x'],
      ['-h', 'a\nb'],
      ['--sysctl', 'kernel.core_pattern=x'],
      ['--cgroup-parent', '/../..'],
    ])
      expect((await tsrun(['--rm', ...args, 'busybox', 'true'])).code, args.join(' ')).not.toBe(0)
    for (const verb of ['rm', 'start', 'stop', 'inspect', 'logs', 'exec', 'wait', 'kill', 'top', 'port'])
      for (const id of [
        '..',
        '../..',
        '../../etc',
        '/etc',
        '.',
        'a/../..',
        '*',
        '-f/..',
        `${'0'.repeat(64)}/..`,
      ])
        expect((await tsrun([verb, '--', id, ...(verb === 'exec' ? ['true'] : [])])).code).not.toBe(0)
  }, 200_000)
})

describe('what is shared by names (58, 59)', () => {
  it('abstract sockets of the host are not there, but with --network host', async () => {
    const name = freshName()
    const server = spawn(probe.path, ['abstract', 'listen', name])
    await once(server.stdout, 'data')
    const connect = ['busybox', '/probe', 'abstract', 'connect', name]
    for (const network of ['bridge', 'none'])
      expect((await withProbe('--network', network, ...connect)).stdout).toBe('connect ECONNREFUSED\n')
    expect((await withProbe('--network', 'host', ...connect)).stdout).toBe('connect ok\n')
    server.kill()
  })

  it('the session keyring is another one', async () => {
    const keyring = ['--security-opt', 'seccomp=unconfined', 'busybox', '/probe', 'keyring']
    const serials = new Set([
      expectCode(await runCommand(probe.path, ['keyring'])).stdout,
      expectCode(await withProbe(...keyring)).stdout,
      expectCode(await withProbe(...keyring)).stdout,
    ])
    expect(serials.size).toBe(3)
  })

  it('the host name, System V memory and message queues are others', async () => {
    const { stdout } = await tsrun([
      '--rm',
      'busybox',
      'sh',
      '-c',
      'hostname evil; hostname; cat /proc/sysvipc/shm | wc -l; ls /dev/mqueue | wc -l; ls /dev/shm | wc -l',
    ])
    expect(stdout.trim().split('\n').slice(1)).toEqual(['1', '0', '0'])
  })
})

describe('the terminal of the caller (57)', () => {
  it.each([[[]], [['-i']], [['-t']], [['-it']]] as const)(
    'gets no keystrokes from a container (%j)',
    async (flags) => {
      using directory = makeDirectory()
      const inner = freshName()
      const script = join(directory.path, 'script')
      directory.write('script', `exec "$@" </dev/tty\n`)
      const outcome = await fromShell(`exec script -qec "sh ${script} $(printf '%q ' "$@")" /dev/null`, [
        'tsrun',
        'run',
        '--rm',
        '--name',
        inner,
        ...flags,
        '-v',
        `${probe.path}:/probe`,
        'busybox',
        '/probe',
        'terminal',
      ])
      // On a terminal of its own it may do as it likes; the caller's is none of its descriptors.
      if (!flags.some((flag) => flag.includes('t'))) {
        expect(outcome.stdout).not.toMatch(/\d terminal/)
        expect(outcome.stdout).not.toMatch(/tiocsti ok/)
        expect(outcome.stdout).toMatch(/\/dev\/tty ENXIO/)
      } else expect(outcome.stdout).toMatch(/0 terminal/)
    },
  )
})

describe('bombs', () => {
  it('a fork bomb ends at its limit, and nothing is left of it', async () => {
    const name = freshName()
    const mark = `${300_000 + Math.floor(Math.random() * 100_000)}`
    expectCode(
      await tsrun([
        '-d',
        '--name',
        name,
        '--pids-limit',
        '40',
        'busybox',
        'sh',
        '-c',
        `(while :; do sleep ${mark} & done); sleep 300`,
      ]),
    )
    const bombs = (): number => processesWith(`sleep\0${mark}`).length
    await eventually(() => bombs() > 5)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(bombs()).toBeLessThanOrEqual(41)
    expectCode(await tsrun(['rm', '-f', name]))
    expect(processesWith(`sleep\0${mark}`)).toEqual([])
  })

  it('memory beyond the limit kills the container only', async () => {
    const outcome = await tsrun([
      '--rm',
      '-m',
      '20m',
      'busybox',
      'sh',
      '-c',
      'x=$(yes | head -c 200000000); echo alive',
    ])
    expect(outcome.code).not.toBe(0)
    expect(outcome.stdout).not.toContain('alive')
  })
})

describe('mount points that are exchanged meanwhile (34)', () => {
  it('make nothing outside', async () => {
    using shared = makeDirectory()
    using other = makeDirectory({ file: 'x' })
    for (const name of ['dir', 'bait']) mkdirSync(join(shared.path, name))
    expectCode(await runCommand('ln', ['-s', victim.path, join(shared.path, 'link')]))
    await using attacker = await startDetached(
      '-v',
      `${shared.path}:/v`,
      '-v',
      `${probe.path}:/probe`,
      'busybox',
      '/probe',
      'exchange',
      '/v/dir',
      '/v/link',
    )
    for (let i = 0; i < 12; i++) {
      const outcome = await tsrun([
        '--rm',
        '-v',
        `${shared.path}:/v`,
        '-v',
        `${other.path}:/v/dir/empty/made/${i}`,
        '-v',
        `${other.path}/file:/v/dir/etc/secret${i}`,
        '--tmpfs',
        `/v/dir/bin/t${i}`,
        'busybox',
        'sh',
        '-c',
        'echo evil > /v/dir/secret; true',
      ])
      expect([0, 125]).toContain(outcome.code)
    }
    expect(statSync(attacker.dir).isDirectory()).toBe(true)
  })
})

it('an image cannot choose what its container may do to the store', async () => {
  using directory = makeDirectory({
    Dockerfile: `FROM busybox\nVOLUME ["${victim.path}", "/proc", "/", "/../../etc"]\nENTRYPOINT ["sh", "-c", "rm -rf ${victim.path}/* /etc/* /v/*; true"]\n`,
  })
  const name = freshName()
  expectCode(await tsbuild(['-t', name, '.'], { cwd: directory.path }))
  await tsrun(['--rm', name])
  await tsbuild(['rmi', '-f', name])
})

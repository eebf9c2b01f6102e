import { describe, expect, it } from 'vitest'
import type { RuntimeMount } from '../../../../src/foundation/oci/index.ts'
import {
  allCapabilities,
  type BundleOptions,
  createSpec,
  createStepSpec,
  defaultCapabilities,
} from '../../../../src/runtime/bundle/index.ts'

const root = { uid: 0, gid: 0, additionalGids: [0], home: '/root' }
const specOf = (options: Partial<BundleOptions> = {}) =>
  createSpec({ config: { Cmd: ['sh'] }, user: root, ...options })
const code = (expected: string): unknown => expect.objectContaining({ code: expected })
const bind = (destination: string): RuntimeMount => ({
  destination,
  type: 'bind',
  source: '/src',
  options: ['rbind'],
})

describe('createSpec without options', () => {
  const spec = specOf()

  it('keeps the fourteen capabilities, none of them inheritable or ambient', () => {
    const { bounding, effective, permitted, inheritable, ambient } = spec.process.capabilities
    expect([...bounding].sort()).toEqual([
      'CAP_AUDIT_WRITE',
      'CAP_CHOWN',
      'CAP_DAC_OVERRIDE',
      'CAP_FOWNER',
      'CAP_FSETID',
      'CAP_KILL',
      'CAP_MKNOD',
      'CAP_NET_BIND_SERVICE',
      'CAP_NET_RAW',
      'CAP_SETFCAP',
      'CAP_SETGID',
      'CAP_SETPCAP',
      'CAP_SETUID',
      'CAP_SYS_CHROOT',
    ])
    expect([effective, permitted, inheritable, ambient]).toEqual([bounding, bounding, [], []])
  })

  it('mounts what docker mounts', () => {
    const lines = spec.mounts.map((m) => `${m.destination} ${m.type} ${m.source} ${m.options.join(',')}`)
    expect(lines).toEqual([
      '/proc proc proc nosuid,noexec,nodev',
      '/dev tmpfs tmpfs nosuid,strictatime,mode=755,size=65536k',
      '/dev/pts devpts devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5',
      '/sys sysfs sysfs nosuid,noexec,nodev,ro',
      '/sys/fs/cgroup cgroup cgroup ro,nosuid,noexec,nodev',
      '/dev/mqueue mqueue mqueue nosuid,noexec,nodev',
      '/dev/shm tmpfs shm nosuid,noexec,nodev,mode=1777,size=67108864',
    ])
  })

  it('hides and protects what docker does', () => {
    expect(spec.linux.readonlyPaths).toEqual([
      '/proc/bus',
      '/proc/fs',
      '/proc/irq',
      '/proc/sys',
      '/proc/sysrq-trigger',
    ])
    expect(spec.linux.maskedPaths).toEqual([
      '/proc/acpi',
      '/proc/asound',
      '/proc/interrupts',
      '/proc/kcore',
      '/proc/keys',
      '/proc/latency_stats',
      '/proc/sched_debug',
      '/proc/scsi',
      '/proc/timer_list',
      '/proc/timer_stats',
      '/sys/devices/virtual/powercap',
      '/sys/firmware',
    ])
    expect(specOf({ host: { cpuCount: 2 } }).linux.maskedPaths.slice(-2)).toEqual([
      '/sys/devices/system/cpu/cpu0/thermal_throttle',
      '/sys/devices/system/cpu/cpu1/thermal_throttle',
    ])
  })

  it('denies devices but the basic ones', () => {
    const rules = spec.linux.resources.devices.map(
      (r) => `${r.allow ? '+' : '-'}${r.type ?? 'a'} ${r.major ?? '*'}:${r.minor ?? '*'} ${r.access}`,
    )
    expect(rules).toEqual([
      '-a *:* rwm',
      '+c *:* m',
      '+b *:* m',
      '+c 1:3 rwm',
      '+c 1:5 rwm',
      '+c 1:7 rwm',
      '+c 1:8 rwm',
      '+c 1:9 rwm',
      '+c 5:0 rwm',
      '+c 5:1 rwm',
      '+c 5:2 rwm',
      '+c 136:* rwm',
    ])
  })

  it('has namespaces of its own and no new privileges off', () => {
    expect(spec.linux.namespaces.map((n) => n.type)).toEqual([
      'mount',
      'network',
      'uts',
      'pid',
      'ipc',
      'cgroup',
    ])
    expect(spec.process.noNewPrivileges).toBe(false)
    expect(spec.linux.sysctl).toEqual({
      'net.ipv4.ip_unprivileged_port_start': '0',
      'net.ipv4.ping_group_range': '0 2147483647',
    })
  })
})

describe('command', () => {
  const config = { Entrypoint: ['/entry'], Cmd: ['a', 'b'] }
  it.each<[string, Partial<BundleOptions>, readonly string[]]>([
    ['image', { config }, ['/entry', 'a', 'b']],
    ['command replaces Cmd', { config, command: ['x'] }, ['/entry', 'x']],
    ['empty command is none', { config, command: [] }, ['/entry', 'a', 'b']],
    ['entrypoint drops Cmd', { config, entrypoint: ['/e'] }, ['/e']],
    ['both', { config, entrypoint: ['/e'], command: ['x'] }, ['/e', 'x']],
    ['cleared entrypoint', { config, entrypoint: [], command: ['x'] }, ['x']],
    ['Cmd alone', { config: { Cmd: ['a'] } }, ['a']],
  ])('%s', (_, options, args) => {
    expect(specOf(options).process.args).toEqual(args)
  })

  it.each([{ config: {} }, { config, entrypoint: [] }, { config: { Cmd: [''] } }])(
    'refuses nothing (%#)',
    (options) => {
      expect(() => specOf(options)).toThrow(code('no-command'))
    },
  )

  it('refuses NUL, which would end the argument early', () => {
    expect(() => specOf({ command: ['a\0b'] })).toThrow(code('invalid-argument'))
    expect(() => specOf({ env: ['A=\0'] })).toThrow(code('invalid-argument'))
  })
})

describe('environment', () => {
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  it('completes what is missing', () => {
    expect(specOf().process.env).toEqual([path, 'HOME=/root'])
    const options = { hostname: 'h', terminal: { height: 25, width: 80 } }
    expect(specOf(options).process.env).toEqual([path, 'HOSTNAME=h', 'TERM=xterm', 'HOME=/root'])
  })

  it('lets the image, then the user win', () => {
    const config = { Cmd: ['sh'], Env: ['PATH=/image', 'A=1', 'B=2', 'HOME=/image'] }
    const env = ['B=3', 'C=a=b', 'A', 'D=']
    expect(specOf({ config, env }).process.env).toEqual(['PATH=/image', 'B=3', 'HOME=/image', 'C=a=b', 'D='])
  })
})

describe('working directory', () => {
  it.each([
    [{}, '/'],
    [{ config: { Cmd: ['x'], WorkingDir: '/a//b/../c/' } }, '/a/c'],
    [{ config: { Cmd: ['x'], WorkingDir: 'rel' } }, '/rel'],
    [{ config: { Cmd: ['x'], WorkingDir: '/a' }, workdir: '/../../b' }, '/b'],
    [{ workdir: '//b' }, '/b'],
  ])('%#', (options, cwd) => {
    expect(specOf(options).process.cwd).toBe(cwd)
  })

  it('must be absolute when given', () => {
    expect(() => specOf({ workdir: 'x' })).toThrow(code('invalid-workdir'))
  })
})

describe('capabilities', () => {
  const kept = (options: Partial<BundleOptions>) => specOf(options).process.capabilities.bounding
  it('adds and drops by names in any form', () => {
    expect(kept({ capAdd: ['net_admin'] })).toEqual([...defaultCapabilities, 'CAP_NET_ADMIN'])
    expect(kept({ capDrop: ['CAP_CHOWN', 'mknod'] })).toHaveLength(12)
    expect(kept({ capAdd: ['CHOWN'], capDrop: ['ALL'] })).toEqual(['CAP_CHOWN'])
    expect(kept({ capAdd: ['CHOWN'], capDrop: ['CHOWN'] })).toContain('CAP_CHOWN')
    expect(kept({ capAdd: ['ALL'], capDrop: ['SYS_ADMIN'] })).toEqual(
      allCapabilities.filter((c) => c !== 'CAP_SYS_ADMIN'),
    )
    expect(kept({ capDrop: ['all'] })).toEqual([])
  })

  it('stays within what this process has', () => {
    const host = { capabilities: ['CAP_CHOWN', 'CAP_SYS_ADMIN'] }
    expect(kept({ host })).toEqual(['CAP_CHOWN'])
    expect(kept({ host, privileged: true })).toEqual(['CAP_CHOWN', 'CAP_SYS_ADMIN'])
    expect(() => kept({ host, capAdd: ['NET_RAW'] })).toThrow(code('capability-not-available'))
  })

  it('suggests', () => {
    expect(() => kept({ capAdd: ['NET_ADMN'] })).toThrow(
      expect.objectContaining({ code: 'unknown-capability', hint: 'did you mean NET_ADMIN?' }),
    )
  })
})

describe('privileged', () => {
  it('takes the protections away and gives every device', () => {
    const devices = [{ path: '/dev/kvm', type: 'c', major: 10, minor: 232 }] as const
    const { linux, mounts, process } = specOf({ privileged: true, host: { devices } })
    expect([linux.maskedPaths, linux.readonlyPaths]).toEqual([[], []])
    expect(linux.resources.devices).toEqual([{ allow: true, access: 'rwm' }])
    expect(linux.devices).toEqual(devices)
    expect(mounts.filter((m) => m.options.includes('ro'))).toEqual([])
    expect(process.capabilities.bounding).toEqual(allCapabilities)
  })
})

describe('mounts', () => {
  const places = (mounts: readonly RuntimeMount[]) =>
    specOf({ mounts }).mounts.map((m) => `${m.type}:${m.destination}`)
  it("puts the user's after docker's, parents first, and replaces equal ones", () => {
    expect(places([bind('/a/b/c'), bind('/a'), bind('/dev/shm/')]).slice(6)).toEqual([
      'bind:/a',
      'bind:/dev/shm',
      'bind:/a/b/c',
    ])
    expect(places([bind('/dev')])).not.toContain('devpts:/dev/pts')
  })
  it.each(['rel', '/', '/..', '', '/a\0'])('refuses %j', (destination) => {
    expect(() => places([bind(destination)])).toThrow(code('invalid-mount'))
  })
  it('refuses the same place twice', () => {
    expect(() => places([bind('/a'), bind('/b/../a')])).toThrow(code('duplicate-mount'))
  })
  it('sizes shm and shares the host’s', () => {
    expect(specOf({ shmSize: 1024 }).mounts.at(-1)?.options).toContain('size=1024')
    expect(
      specOf({ share: ['ipc'] })
        .mounts.slice(-2)
        .map((m) => m.type),
    ).toEqual(['mqueue', 'bind'])
  })
})

describe('limits and sysctls', () => {
  it('takes both names of rlimits, the last one winning', () => {
    const rlimits = [
      { type: 'nofile', soft: 1, hard: 2 },
      { type: 'RLIMIT_NOFILE', soft: 3, hard: -1 },
    ]
    expect(specOf({ rlimits }).process.rlimits).toEqual([{ type: 'RLIMIT_NOFILE', soft: 3, hard: -1 }])
  })
  it.each([
    ['nofiles', 1, 1, 'unknown-rlimit'],
    ['nofile', 2, 1, 'invalid-rlimit'],
    ['nofile', -1, 1, 'invalid-rlimit'],
    ['nofile', -2, 1, 'invalid-rlimit'],
    ['nofile', 0.5, 1, 'invalid-rlimit'],
  ])('refuses %s %d:%d', (type, soft, hard, expected) => {
    expect(() => specOf({ rlimits: [{ type, soft, hard }] })).toThrow(code(expected))
  })

  it('sets only sysctls of its own namespaces', () => {
    const sysctl = { 'net.core.somaxconn': '9', 'kernel.msgmax': '1', 'fs.mqueue.msg_max': '2' }
    expect(specOf({ sysctl }).linux.sysctl).toMatchObject(sysctl)
    for (const name of [
      'kernel.core_pattern',
      'vm.swappiness',
      'net.../../kernel/core_pattern',
      'kernel/core_pattern',
      '',
    ])
      expect(() => specOf({ sysctl: { [name]: '1' } })).toThrow(code('invalid-sysctl'))
    expect(() => specOf({ sysctl, share: ['network'] })).toThrow('network namespace')
    expect(specOf({ share: ['network'] }).linux.sysctl).toEqual({})
  })
})

describe('createStepSpec', () => {
  const step = {
    args: ['/bin/sh', '-c', 'x'],
    env: ['A=1', 'A=2'],
    cwd: '/w',
    user: root,
    network: 'default',
  } as const
  it('has docker’s defaults, the build’s environment and a name that is the same everywhere', () => {
    const spec = createStepSpec(step)
    expect(spec.process.env).toEqual(['A=2', expect.stringMatching(/^PATH=\/usr\/local/), 'HOME=/root'])
    expect([spec.process.args, spec.process.cwd, spec.hostname]).toEqual([step.args, '/w', 'tsbuild'])
    expect(spec.process.capabilities.bounding).toEqual(defaultCapabilities)
    expect(spec.linux.sysctl).toBeUndefined()
    expect(spec.linux.namespaces.map((n) => n.type)).toContain('network')
  })
  it('can share the host’s network and keeps PATH and HOME of the build', () => {
    const spec = createStepSpec({ ...step, network: 'host', env: ['HOME=/x', 'PATH=/p'] })
    expect(spec.linux.namespaces.map((n) => n.type)).not.toContain('network')
    expect(spec.process.env).toEqual(['HOME=/x', 'PATH=/p'])
  })
})

// Device rules of cgroup v2 on a real cgroup2 hierarchy: the only one, or the v2 half of a hybrid machine.
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { ContainerRequest } from '../../../../src/foundation/native/index.ts'
import { basicDeviceRules, everyDevice } from '../../../../src/runtime/bundle/devices.ts'
import { compileDeviceProgram } from '../../../../src/runtime/cgroup/device-program.ts'
import { parseHierarchy } from '../../../../src/runtime/cgroup/hierarchy.ts'
import { createCgroup, planCgroup } from '../../../../src/runtime/cgroup/index.ts'
import {
  bedsOfTests,
  dockerCapabilities,
  plainProcess,
  plainRequest,
  run,
} from '../../../support/container-request.ts'

/** This machine as if v1's devices controller were not mounted. */
const hierarchy = parseHierarchy(
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => !/ - cgroup \S+ \S*\bdevices\b/.test(line))
    .join('\n'),
  (root) => readFileSync(join(root, 'cgroup.controllers'), 'utf8'),
)
const unified = hierarchy.v2?.root ?? ''

/** `7 0`: the numbers of a block device, and whether the host itself can open it (some machines refuse that for their disk). */
const blockDevices = readdirSync('/sys/block').map((name) => ({
  name,
  numbers: readFileSync(`/sys/block/${name}/dev`, 'utf8').trim().replace(':', ' '),
}))
const canOpen = (name: string): boolean => {
  try {
    closeSync(openSync(`/dev/${name}`, 'r'))
    return true
  } catch {
    return false
  }
}
const disk = blockDevices.find(({ name }) => canOpen(name))?.numbers ?? ''
const realDisk = blockDevices.find(({ name }) => /^(vd|sd|xvd|nvme|mmcblk)/.test(name))?.numbers ?? disk

const freshBed = bedsOfTests()
const cgroups: string[] = []
const freshCgroup = (parent = unified): string => {
  const path = join(parent, `tsbuild-test-${process.pid}-${cgroups.length}`)
  mkdirSync(path)
  cgroups.push(path)
  return path
}
afterEach(() => {
  for (const path of cgroups.splice(0).toReversed()) if (existsSync(path)) rmdirSync(path)
})

const defaultProgram = compileDeviceProgram(basicDeviceRules)

/** With the capabilities that the kernel itself wants for /dev/mem and /dev/kmsg: only device rules are in the way. */
const capable = [...dockerCapabilities, 'CAP_SYS_RAWIO', 'CAP_SYSLOG', 'CAP_SYS_ADMIN']
const scriptOf = (script: string, terminal = false) => {
  const set = { bounding: capable, effective: capable, permitted: capable, inheritable: [], ambient: [] }
  return plainProcess(['sh', '-c', script], { terminal, capabilities: set })
}
const sh = (script: string, rest: Partial<ContainerRequest>, terminal = false) =>
  run(plainRequest(freshBed(), scriptOf(script, terminal), rest))

/** Opens each node as it says; prints `NAME ok` or `NAME why not`. */
const attempt = (name: string, redirection: string): string =>
  `{ true ${redirection}/dev/${name}; } 2>/tmp/why && echo "${name} ok" || echo "${name} $(sed 's/.*: //' /tmp/why)"`
const attempts = [
  ['disk', '<'],
  ['mem', '<'],
  ['kmsg', '<'],
  ['kmsg', '>>'],
] as const
const tryHostDevices = [
  `mknod /dev/disk b ${disk} && mknod /dev/mem c 1 1 && mknod /dev/kmsg c 1 11 && echo made`,
  ...attempts.map(([name, redirection]) => attempt(name, redirection)),
].join('\n')
const refused = ['made', ...attempts.map(([name]) => `${name} Operation not permitted`)]
/** A kernel without /dev/mem says so, after the rules were asked. */
const opened = [
  'made',
  ...attempts.map(([name]) =>
    name === 'mem' ? expect.stringMatching(/^mem (ok|No such device or address)$/) : `${name} ok`,
  ),
]
const lines = (text: string): readonly string[] => text.trim().split(/\r?\n/)

describe.skipIf(unified === '' || disk === '')('device rules on cgroup v2', () => {
  it('refuse the disks and memory of the host, which open without them', async () => {
    const without = await sh(tryHostDevices, { cgroups: [freshCgroup()] })
    expect(lines(without.stdout)).toEqual(opened)
    const cgroup = freshCgroup()
    const within = await sh(tryHostDevices, { cgroups: [cgroup], deviceProgram: defaultProgram })
    expect(lines(within.stdout)).toEqual(refused)
    expect(existsSync(cgroup)).toBe(false)
  })

  it('let a container use the basic devices', async () => {
    const names = ['null', 'zero', 'full', 'random', 'urandom', 'ptmx']
    const script = [
      'echo x > /dev/null',
      'head -c 3 /dev/zero | od -An -tx1',
      'head -c 9 /dev/urandom | wc -c',
      'head -c 9 /dev/random | wc -c',
      ...names.map((name) => attempt(name, '<>')),
    ].join('\n')
    const ran = await sh(script, { cgroups: [freshCgroup()], deviceProgram: defaultProgram })
    expect(ran.stderr).toBe('')
    expect(lines(ran.stdout).map((line) => line.trim())).toEqual([
      '00 00 00',
      '9',
      '9',
      ...names.map((name) => `${name} ok`),
    ])
  })

  it('let a container use its terminal', async () => {
    const ran = await sh(
      'echo one > /dev/tty; echo two > /dev/console; tty',
      { cgroups: [freshCgroup()], deviceProgram: defaultProgram },
      true,
    )
    expect(lines(ran.stdout)).toEqual(['one', 'two', '/dev/pts/0'])
  })

  it('hold also where the process joins several hierarchies, and with an init', async () => {
    const pids = hierarchy.v1.pids === undefined ? [] : [freshCgroup(hierarchy.v1.pids)]
    const ran = await sh(tryHostDevices, {
      cgroups: [...pids, freshCgroup()],
      deviceProgram: defaultProgram,
      init: true,
    })
    expect(lines(ran.stdout)).toEqual(refused)
  })

  it('of a privileged container refuse nothing', async () => {
    const deviceProgram = compileDeviceProgram(everyDevice)
    const ran = await sh(tryHostDevices, { cgroups: [freshCgroup()], deviceProgram })
    expect(lines(ran.stdout)).toEqual(opened)
  })

  it('refuse the disk that this machine lives on', async () => {
    const script = `mknod /dev/disk b ${realDisk} && echo made\n${attempt('disk', '<')}\n${attempt('disk', '>>')}`
    const ran = await sh(script, { cgroups: [freshCgroup()], deviceProgram: defaultProgram })
    expect(lines(ran.stdout)).toEqual([
      'made',
      'disk Operation not permitted',
      'disk Operation not permitted',
    ])
  })

  it('grant one device more, to the letter', async () => {
    const [major = 0, minor = 0] = disk.split(' ').map(Number)
    const deviceProgram = compileDeviceProgram([
      ...basicDeviceRules,
      { allow: true, type: 'b', major, minor, access: 'r' },
    ])
    const script = `${tryHostDevices}\n${attempt('disk', '>>')}`
    const ran = await sh(script, { cgroups: [freshCgroup()], deviceProgram })
    const expected = refused.map((line, i) => (i === 1 ? 'disk ok' : line))
    expect(lines(ran.stdout)).toEqual([...expected, 'disk Operation not permitted'])
  })

  it('forbid making nodes where they say so', async () => {
    const deviceProgram = compileDeviceProgram([
      ...basicDeviceRules,
      { allow: false, type: 'b', access: 'm' },
    ])
    const ran = await sh(`mknod /dev/disk b ${disk}; mknod /dev/mem c 1 1 && echo made`, {
      cgroups: [freshCgroup()],
      deviceProgram,
    })
    expect(ran.stderr).toContain('disk: Operation not permitted')
    expect(ran.stdout).toBe('made\n')
  })

  it('do not lift what an outer cgroup refuses', async () => {
    const outer = freshCgroup()
    const control = new AbortController()
    let held: () => void = () => undefined
    const holding = new Promise<void>((resolve) => {
      held = resolve
    })
    const holder = run(
      plainRequest(freshBed(), scriptOf('sleep 60'), { cgroups: [outer], deviceProgram: defaultProgram }),
      { signal: control.signal, onStarted: () => held() },
    )
    await Promise.race([holding, holder])
    const inner = freshCgroup(outer)
    const ran = await sh(tryHostDevices, {
      cgroups: [inner],
      deviceProgram: compileDeviceProgram(everyDevice),
    })
    control.abort()
    await holder
    expect(lines(ran.stdout)).toEqual(refused)
  })

  it('are planned, made and kept to as one where v1 has no devices controller', async () => {
    const plan = planCgroup({
      id: 'one',
      parent: `tsbuild-test-${process.pid}-plan`,
      resources: { devices: basicDeviceRules },
      hierarchy,
    })
    cgroups.push(join(unified, `tsbuild-test-${process.pid}-plan`))
    expect(plan.join).toEqual([join(unified, `tsbuild-test-${process.pid}-plan`, 'one')])
    createCgroup(plan)
    const { deviceProgram } = plan
    const ran = await sh(tryHostDevices, { cgroups: plan.join, ...(deviceProgram ? { deviceProgram } : {}) })
    expect(lines(ran.stdout)).toEqual(refused)
  })

  it('stop the container where they cannot be enforced', async () => {
    const nowhere = run(plainRequest(freshBed(), ['true'], { deviceProgram: defaultProgram }))
    await expect(nowhere).rejects.toMatchObject({ step: 'device-program', errno: 'ENODEV', hint: /v2/ })
    // Ends without a verdict: the kernel's verifier refuses it.
    const deviceProgram = Uint8Array.of(0x95, 0, 0, 0, 0, 0, 0, 0)
    const refusal = run(plainRequest(freshBed(), ['true'], { cgroups: [freshCgroup()], deviceProgram }))
    await expect(refusal).rejects.toMatchObject({ step: 'device-program', errno: 'EACCES' })
  })
})

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type CgroupPlan,
  type CgroupRequest,
  createCgroup,
  detectHierarchy,
  moveMembers,
  planCgroup,
  quotaOfCpus,
  readStats,
  removeCgroup,
  sweepCgroups,
  updateCgroup,
} from '../../../../src/runtime/cgroup/index.ts'

const hierarchy = detectHierarchy()
const parent = `tsbuild-test-${process.pid}`
const canWrite = process.getuid?.() === 0 && (hierarchy.v1.pids !== undefined || hierarchy.v2 !== undefined)
const mib = 1 << 20

const make = (
  resources: CgroupRequest['resources'],
  id = 'one',
  also: CgroupRequest['also'] = [],
): CgroupPlan => {
  const plan = planCgroup({ id, parent, resources, also, hierarchy })
  createCgroup(plan)
  return plan
}

/** Runs a script as a member of the plan's cgroups: the shell joins, then does as it is told. */
const runIn = (plan: CgroupPlan, script: string, timeout = 30_000) => {
  const joins = plan.join.map((directory) => `echo $$ > ${directory}/cgroup.procs`).join(' && ')
  const result = spawnSync('sh', ['-c', `${joins || ':'} || exit 99; ${script}`], {
    encoding: 'utf8',
    timeout,
  })
  if (result.status === 99) throw new Error(result.stderr)
  return result
}

const code = (expected: string): unknown => expect.objectContaining({ code: expected })

/** What is left of this test's directories. */
const leftovers = (): readonly string[] =>
  [...new Set([...Object.values(hierarchy.v1), ...(hierarchy.v2 ? [hierarchy.v2.root] : [])])]
    .map((root) => join(root, parent))
    .filter(existsSync)

/** Processes of a test may need a moment to end. */
const sweep = async (): Promise<void> => {
  for (let i = 0; i < 300 && leftovers().length > 0; i++) {
    sweepCgroups(() => false, { hierarchy, parent })
    if (leftovers().length > 0) await new Promise((resolve) => setTimeout(resolve, 100))
  }
  expect(leftovers()).toEqual([])
}

afterEach(sweep)

describe.skipIf(!canWrite)('limits by their effect', () => {
  it('memory: who takes more is killed, who takes less is not', () => {
    const plan = make({ memory: { limit: 100 * mib, swap: 100 * mib } })
    const eat = (megabytes: number): string => `exec node -e 'Buffer.alloc(${megabytes} << 20, 1)' `
    expect(runIn(plan, eat(20)).status).toBe(0)
    expect(readStats(plan.join).memory).toMatchObject({ limit: 100 * mib, oomKills: 0 })
    expect(runIn(plan, eat(200)).signal).toBe('SIGKILL')
    expect(readStats(plan.join).memory?.oomKills).toBe(1)
  })

  it('CPU quota: a busy loop gets a fifth of a CPU', () => {
    const plan = make({ cpu: quotaOfCpus(0.2) }, 'one', ['cpuacct'])
    const shareOfLoop = (): number => {
      const before = readStats(plan.join).cpu?.usage ?? 0
      const started = performance.now()
      runIn(plan, 'exec timeout 3 sh -c "while :; do :; done"')
      return ((readStats(plan.join).cpu?.usage ?? 0) - before) / 1000 / (performance.now() - started)
    }
    // Never more than a fifth; less while the machine is busy elsewhere.
    let share = 0
    for (let attempt = 0; attempt < 10 && share < 0.1; attempt++) {
      share = shareOfLoop()
      expect(share).toBeLessThan(0.23)
    }
    expect(share).toBeGreaterThan(0.1)
    expect(readStats(plan.join).cpu?.throttled).toBeGreaterThan(5)
  })

  it('pids: fork fails at the limit', () => {
    const plan = make({ pids: { limit: 10 } })
    expect(runIn(plan, 'sleep 0 & sleep 0 & wait').stderr).toBe('')
    const script = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do sleep 0.2 & done; wait'
    expect(runIn(plan, script).stderr).toMatch(/fork/i)
    expect(readStats(plan.join).pids?.limit).toBe(10)
  })

  it('CPU set: only those CPUs are seen, and memory nodes are filled in', () => {
    const plan = make({ cpu: { cpus: '0' } })
    expect(runIn(plan, 'nproc').stdout.trim()).toBe('1')
    expect(() => make({ cpu: { cpus: '0-4000' } }, 'two')).toThrow(code('refused-limit'))
    expect(() => make({ cpu: { cpus: '0-4000' } }, 'two')).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(`0(-${availableParallelism() - 1})?`) }),
    )
    expect(() => make({ cpu: { cpus: 'x' } }, 'two')).toThrow(code('refused-limit'))
  })

  it.skipIf(!hierarchy.v1.devices)('devices: only what is on the list opens', () => {
    const devices = [
      { allow: false, access: 'rwm' },
      { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' },
    ]
    const plan = make({ devices })
    const { status, stderr } = runIn(
      plan,
      'cat /dev/null && cat /dev/null > /dev/null; head -c1 /dev/urandom',
    )
    expect(status).not.toBe(0)
    expect(stderr).toMatch(/urandom.*not permitted/)
    expect(readFileSync(join(plan.join[0] ?? '', 'devices.list'), 'utf8')).toBe('c 1:3 rwm\n')
  })

  it('CPU shares are written', () => {
    const plan = make({ cpu: { shares: 256 } })
    const file =
      ['cpu.shares', 'cpu.weight'].map((name) => join(plan.join[0] ?? '', name)).find(existsSync) ?? ''
    expect(['256', '35']).toContain(readFileSync(file, 'utf8').trim())
  })
})

describe.skipIf(!canWrite)('creation and removal', () => {
  it('leaves nothing behind when a limit is refused', () => {
    expect(() => make({ pids: { limit: 5 }, cpu: { cpus: '4095' } })).toThrow(code('refused-limit'))
    for (const directory of leftovers()) expect(readdirSync(directory).filter((n) => n === 'one')).toEqual([])
  })

  it('uses an empty leftover again, and refuses one in use without touching it', () => {
    const plan = make({ pids: { limit: 5 } })
    createCgroup(plan)
    const [directory = ''] = plan.join
    const holder = spawnSync(
      'sh',
      ['-c', `sh -c 'echo $$ > ${directory}/cgroup.procs; exec sleep 20' >/dev/null 2>&1 & echo $!`],
      { encoding: 'utf8' },
    )
    const pid = Number(holder.stdout)
    try {
      while (!readFileSync(join(directory, 'cgroup.procs'), 'utf8').includes(String(pid)));
      expect(() => createCgroup(plan)).toThrow(code('cgroup-busy'))
      expect(sweepCgroups(() => false, { hierarchy, parent })).toEqual([])
      expect(removeCgroup(plan.directories)).toEqual(plan.directories)
      expect(existsSync(directory)).toBe(true)
    } finally {
      process.kill(pid, 'SIGKILL')
    }
    expect(removeCgroup(plan.directories)).toEqual([])
  })

  it('removes what the container made below, and takes absence as success', () => {
    const plan = make({ pids: { limit: 5 } })
    mkdirSync(join(plan.join[0] ?? '', 'a', 'b'), { recursive: true })
    expect(removeCgroup(plan.directories)).toEqual([])
    expect(removeCgroup(plan.directories)).toEqual([])
  })

  it('sweeps dead ids and keeps live ones', () => {
    const dead = make({ pids: { limit: 5 } }, 'dead')
    const live = make({ pids: { limit: 5 } }, 'live')
    expect(sweepCgroups((id) => id === 'live', { hierarchy, parent })).toEqual(['dead'])
    expect([dead, live].map((plan) => existsSync(plan.join[0] ?? ''))).toEqual([false, true])
    expect(removeCgroup(live.directories)).toEqual([])
    expect(sweepCgroups(() => false, { hierarchy, parent })).toEqual([])
  })

  it('survives the parent vanishing under it', () => {
    const plan = make({ pids: { limit: 5 } })
    removeCgroup(plan.directories)
    expect(existsSync(dirname(plan.directories[0] ?? ''))).toBe(false)
    createCgroup(plan)
    expect(removeCgroup(plan.directories)).toEqual([])
  })
})

describe.skipIf(!canWrite)('changes while processes run', () => {
  const change = (resources: CgroupRequest['resources'], also: CgroupRequest['also'] = []): CgroupPlan =>
    planCgroup({ id: 'one', parent, resources, hierarchy, also })

  it('memory: up and down, whatever the sum with swap was', () => {
    const plan = make({ memory: { limit: 16 * mib, swap: 32 * mib } })
    for (const [limit, swap] of [
      [64, 64],
      [8, 100],
      [16, 16],
    ] as const) {
      expect(updateCgroup(change({ memory: { limit: limit * mib, swap: swap * mib } }))).toEqual([])
      expect(readStats(plan.join).memory?.limit).toBe(limit * mib)
    }
    updateCgroup(change({ memory: { limit: -1, swap: -1 } }, ['memory']))
    expect(readStats(plan.join).memory?.limit).toBeUndefined()
  })

  it('a limit that needs another directory takes every process along', () => {
    const [own = ''] = make({ pids: { limit: 50 } }).join
    const below = join(own, 'below')
    mkdirSync(below)
    const start = (directory: string): number =>
      Number(
        spawnSync(
          'sh',
          ['-c', `sh -c 'echo $$ > ${directory}/cgroup.procs; exec sleep 20' >&- 2>&- & echo $!`],
          {
            encoding: 'utf8',
          },
        ).stdout,
      )
    const started = [own, below].map(start)
    const members = (directory: string): string => readFileSync(join(directory, 'cgroup.procs'), 'utf8')
    try {
      while (!members(own).includes(String(started[0])));
      while (!members(below).includes(String(started[1])));
      const made = updateCgroup(change({ pids: { limit: 40 }, cpu: { cpus: '0' } }))
      expect(made).toHaveLength(hierarchy.v1.cpuset === undefined ? 0 : 1)
      moveMembers(own, made)
      for (const directory of made)
        for (const pid of started) expect(members(directory).split('\n')).toContain(String(pid))
      expect(() => updateCgroup(change({ pids: { limit: 30 }, cpu: { cpus: '4095' } }))).toThrow(
        code('refused-limit'),
      )
      for (const directory of made) expect(existsSync(directory)).toBe(true)
    } finally {
      for (const pid of started) process.kill(pid, 'SIGKILL')
    }
    expect(removeCgroup(change({ pids: { limit: 1 }, cpu: { cpus: '0' } }).directories)).toEqual([])
  })
})

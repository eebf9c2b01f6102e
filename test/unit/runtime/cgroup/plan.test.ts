import { describe, expect, it } from 'vitest'
import { basicDeviceRules, everyDevice } from '../../../../src/runtime/bundle/devices.ts'
import { compileDeviceProgram } from '../../../../src/runtime/cgroup/device-program.ts'
import { type CgroupHierarchy, type CgroupRequest, planCgroup } from '../../../../src/runtime/cgroup/index.ts'

const names = ['blkio', 'cpu', 'cpuacct', 'cpuset', 'devices', 'freezer', 'memory', 'pids'] as const
const v1: CgroupHierarchy = { v1: Object.fromEntries(names.map((name) => [name, `/cg/${name}`])) }
const v2: CgroupHierarchy = {
  v1: {},
  v2: { root: '/cg', controllers: ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids'] },
}
const unified = { root: '/cg/unified', controllers: ['hugetlb'] }
const hybrid: CgroupHierarchy = { ...v1, v2: unified }

type Resources = CgroupRequest['resources']
const code = (expected: string): unknown => expect.objectContaining({ code: expected })
const planOf = (hierarchy: CgroupHierarchy, resources: Resources) =>
  planCgroup({ id: 'c1', resources, hierarchy })
/** `FILE=VALUE` below the container's directory. */
const written = (hierarchy: CgroupHierarchy, resources: Resources): readonly string[] =>
  planOf(hierarchy, resources)
    .files.filter((f) => !f.path.endsWith('subtree_control'))
    .map((f) => `${f.path.slice(f.path.lastIndexOf('/') + 1)}=${f.value}`)

const mib = 1 << 20

describe('limits as files', () => {
  it.each<[string, Resources, readonly string[], readonly string[]]>([
    [
      'memory: as much swap as memory',
      { memory: { limit: 64 * mib } },
      ['memory.limit_in_bytes=67108864', 'memory.memsw.limit_in_bytes=134217728'],
      ['memory.max=67108864', 'memory.swap.max=67108864'],
    ],
    [
      'rates of block devices',
      {
        blockIO: {
          throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1024 }],
          throttleWriteIOPSDevice: [{ major: 8, minor: 16, rate: 5 }],
          weightDevice: [{ major: 8, minor: 0, weight: 300 }],
        },
      },
      [
        'blkio.weight_device=8:0 300',
        'blkio.throttle.read_bps_device=8:0 1024',
        'blkio.throttle.write_iops_device=8:16 5',
      ],
      ['io.bfq.weight=8:0 300', 'io.max=8:0 rbps=1024', 'io.max=8:16 wiops=5'],
    ],
    [
      'limits that are taken away',
      {
        memory: { limit: -1, swap: -1, reservation: 1024 },
        pids: { limit: -1 },
        cpu: { quota: -1, shares: 2 },
      },
      [
        'cpu.shares=2',
        'cpu.cfs_quota_us=-1',
        'memory.limit_in_bytes=-1',
        'memory.memsw.limit_in_bytes=-1',
        'memory.soft_limit_in_bytes=1024',
      ],
      ['cpu.weight=1', 'cpu.max=max 100000', 'memory.max=max', 'memory.swap.max=max', 'memory.low=1024'],
    ],
    [
      'memory without swap',
      { memory: { limit: 64 * mib, swap: 64 * mib } },
      ['memory.limit_in_bytes=67108864', 'memory.memsw.limit_in_bytes=67108864'],
      ['memory.max=67108864', 'memory.swap.max=0'],
    ],
    [
      'memory with unlimited swap',
      { memory: { limit: 64 * mib, swap: -1 } },
      ['memory.limit_in_bytes=67108864', 'memory.memsw.limit_in_bytes=-1'],
      ['memory.max=67108864', 'memory.swap.max=max'],
    ],
    [
      'reservation',
      { memory: { reservation: mib } },
      ['memory.soft_limit_in_bytes=1048576'],
      ['memory.low=1048576'],
    ],
    [
      'cpus',
      { cpu: { quota: 20_000, period: 100_000 } },
      ['cpu.cfs_period_us=100000', 'cpu.cfs_quota_us=20000'],
      ['cpu.max=20000 100000'],
    ],
    ['quota alone', { cpu: { quota: 50_000 } }, ['cpu.cfs_quota_us=50000'], ['cpu.max=50000 100000']],
    ['period alone', { cpu: { period: 50_000 } }, ['cpu.cfs_period_us=50000'], ['cpu.max=max 50000']],
    ['shares', { cpu: { shares: 1024 } }, ['cpu.shares=1024'], ['cpu.weight=100']],
    ['few shares', { cpu: { shares: 2 } }, ['cpu.shares=2'], ['cpu.weight=1']],
    ['most shares', { cpu: { shares: 262_144 } }, ['cpu.shares=262144'], ['cpu.weight=10000']],
    [
      'CPU set',
      { cpu: { cpus: '0-1', mems: '0' } },
      ['cpuset.cpus=0-1', 'cpuset.mems=0'],
      ['cpuset.cpus=0-1', 'cpuset.mems=0'],
    ],
    ['pids', { pids: { limit: 16 } }, ['pids.max=16'], ['pids.max=16']],
    [
      'unlimited is no limit',
      { pids: { limit: -1 }, memory: { limit: -1 }, cpu: { quota: -1, shares: 0 } },
      [],
      [],
    ],
    ['block I/O', { blockIO: { weight: 500 } }, ['blkio.weight=500'], ['io.bfq.weight=500']],
  ])('%s', (_, resources, inV1, inV2) => {
    expect(written(v1, resources)).toEqual(inV1)
    expect(written(hybrid, resources)).toEqual(inV1)
    expect(written(v2, resources)).toEqual(inV2)
  })

  it('knows the other names of block I/O weights', () => {
    const [file] = planOf(v2, { blockIO: { weight: 500 } }).files.slice(-1)
    expect(file?.instead).toEqual({ path: '/cg/tsbuild/c1/io.weight', value: '4950' })
    expect(planOf(v1, { blockIO: { weight: 10 } }).files[0]?.instead?.path).toBe(
      '/cg/blkio/tsbuild/c1/blkio.bfq.weight',
    )
  })

  it('writes v1 device rules in order', () => {
    const devices = [
      { allow: false, access: 'rwm' },
      { allow: true, type: 'c', access: 'm' },
      { allow: true, type: 'c', major: 136, access: 'rwm' },
      { allow: true, type: 'b', major: 8, minor: 0, access: 'r' },
    ]
    expect(written(v1, { devices })).toEqual([
      'devices.deny=a',
      'devices.allow=c *:* m',
      'devices.allow=c 136:* rwm',
      'devices.allow=b 8:0 r',
    ])
    expect(planOf(v1, { devices }).deviceProgram).toBeUndefined()
  })

  it.each<[string, CgroupHierarchy, string]>([
    ['v2', v2, '/cg/tsbuild/c1'],
    ['a hybrid machine whose v1 half lacks devices', { v1: {}, v2: unified }, '/cg/unified/tsbuild/c1'],
    [
      'the same with other v1 controllers',
      { v1: { pids: '/cg/pids' }, v2: unified },
      '/cg/unified/tsbuild/c1',
    ],
  ])('makes device rules a program on %s', (_, hierarchy, directory) => {
    const plan = planOf(hierarchy, { devices: basicDeviceRules })
    expect(plan).toEqual({
      directories: [directory],
      files: [],
      cpusets: [],
      join: [directory],
      deviceProgram: compileDeviceProgram(basicDeviceRules),
    })
  })

  it('prefers v1 for device rules where it has them', () => {
    const plan = planOf(hybrid, { devices: basicDeviceRules })
    expect(plan.directories).toEqual(['/cg/devices/tsbuild/c1'])
    expect(plan.deviceProgram).toBeUndefined()
    expect(plan).toEqual(planOf(v1, { devices: basicDeviceRules }))
  })

  it('needs no program where every device is allowed or nothing is said', () => {
    expect(planOf(v2, { devices: everyDevice }).deviceProgram).toBeUndefined()
    expect(planOf(v2, { devices: [] }).deviceProgram).toBeUndefined()
    expect(planOf(v1, { devices: everyDevice }).files.map(({ value }) => value)).toEqual(['a'])
    const also = ['devices', 'freezer'] as const
    expect(planCgroup({ id: 'c1', resources: {}, also, hierarchy: v2 })).toMatchObject({
      directories: ['/cg/tsbuild/c1'],
      files: [],
    })
  })

  it('refuses to run without the device rules that were asked for', () => {
    expect(() => planOf({ v1: {} }, { devices: basicDeviceRules })).toThrow(
      'set device rules: this machine offers no cgroup controller devices',
    )
    expect(planOf({ v1: {} }, { devices: everyDevice }).directories).toEqual([])
  })

  it('sets swappiness and the OOM killer on v1, and says that v2 has neither', () => {
    const memory = { swappiness: 0, disableOOMKiller: true }
    expect(written(v1, { memory })).toEqual(['memory.swappiness=0', 'memory.oom_control=1'])
    expect(() => planOf(v2, { memory: { swappiness: 0 } })).toThrow(code('unsupported-limit'))
    expect(() => planOf(v2, { memory: { disableOOMKiller: true } })).toThrow(code('unsupported-limit'))
  })
})

describe('directories', () => {
  it('are made only where needed, under the root of each hierarchy', () => {
    expect(planOf(v1, {}).directories).toEqual([])
    const plan = planCgroup({
      id: 'c1',
      resources: { pids: { limit: 1 } },
      also: ['freezer', 'cpuacct'],
      hierarchy: v1,
    })
    expect(plan.directories).toEqual([
      '/cg/cpuacct/tsbuild/c1',
      '/cg/freezer/tsbuild/c1',
      '/cg/pids/tsbuild/c1',
    ])
    expect(plan.join).toEqual(plan.directories)
  })

  it('are one where controllers are mounted together', () => {
    const joined: CgroupHierarchy = { v1: { cpu: '/cg/cpu,cpuacct', cpuacct: '/cg/cpu,cpuacct' } }
    const plan = planCgroup({
      id: 'c',
      resources: { cpu: { shares: 5 } },
      also: ['cpuacct'],
      hierarchy: joined,
    })
    expect(plan.directories).toEqual(['/cg/cpu,cpuacct/tsbuild/c'])
  })

  it('get their v2 controllers from every directory above', () => {
    const resources = { pids: { limit: 1 }, cpu: { shares: 5 } }
    const plan = planCgroup({ id: 'c1', parent: '/a/b', resources, hierarchy: v2 })
    expect(plan.directories).toEqual(['/cg/a/b/c1'])
    expect(plan.files.slice(0, 3).map((f) => `${f.path} ${f.value}`)).toEqual([
      '/cg/cgroup.subtree_control +cpu +pids',
      '/cg/a/cgroup.subtree_control +cpu +pids',
      '/cg/a/b/cgroup.subtree_control +cpu +pids',
    ])
  })

  it('fill in v1 CPU sets from the top', () => {
    expect(planOf(v1, { cpu: { cpus: '0' } }).cpusets).toEqual([
      '/cg/cpuset/tsbuild',
      '/cg/cpuset/tsbuild/c1',
    ])
    expect(planOf(v2, { cpu: { cpus: '0' } }).cpusets).toEqual([])
  })

  it.each(['..', '../x', 'a/b', '', '.', '.hidden', 'a b', 'a\n', '-x', 'a\0', 'x'.repeat(256)])(
    'never lead elsewhere: id %j',
    (id) => {
      expect(() => planCgroup({ id, resources: {}, hierarchy: v1 })).toThrow(code('invalid-cgroup'))
    },
  )
  it.each(['..', 'a/../..', '/../x', 'a b'])('never lead elsewhere: parent %j', (parent) => {
    expect(() => planCgroup({ id: 'x', parent, resources: {}, hierarchy: v1 })).toThrow(
      code('invalid-cgroup'),
    )
  })
})

describe('what cannot be held to is refused', () => {
  it.each<[string, Resources]>([
    ['memory below 6 MiB', { memory: { limit: 6 * mib - 1 } }],
    ['swap without memory', { memory: { swap: 64 * mib } }],
    ['swap below memory', { memory: { limit: 64 * mib, swap: 32 * mib } }],
    ['reservation above limit', { memory: { limit: 8 * mib, reservation: 9 * mib } }],
    ['swappiness', { memory: { swappiness: 101 } }],
    ['shares', { cpu: { shares: 1 } }],
    ['quota', { cpu: { quota: 999 } }],
    ['period', { cpu: { period: 1_000_001 } }],
    ['weight', { blockIO: { weight: 9 } }],
  ])('%s', (_, resources) => {
    expect(() => planOf(v1, resources)).toThrow(code('invalid-limit'))
  })

  it('says which controller is missing', () => {
    for (const [resources, name] of [
      [{ memory: { limit: 64 * mib } }, 'memory'],
      [{ pids: { limit: 5 } }, 'pids'],
      [{ cpu: { shares: 5 } }, 'cpu'],
      [{ cpu: { cpus: '0' } }, 'cpuset'],
      [{ blockIO: { weight: 50 } }, 'blkio'],
    ] as const)
      expect(() => planOf({ v1: {} }, resources)).toThrow(`no cgroup controller ${name}`)
    expect(() =>
      planOf({ v1: {}, v2: { root: '/cg', controllers: ['hugetlb'] } }, { pids: { limit: 5 } }),
    ).toThrow(code('missing-controller'))
  })
})

describe('files of cgroup v2 by name', () => {
  it('writes them into the directory, whose parents hand the controller down', () => {
    const { files } = planOf(v2, { unified: { 'memory.high': '100' } })
    expect(files.map((f) => `${f.path}=${f.value}`)).toEqual([
      '/cg/cgroup.subtree_control=+memory',
      '/cg/tsbuild/cgroup.subtree_control=+memory',
      '/cg/tsbuild/c1/memory.high=100',
    ])
  })

  it('refuses them under v1, where they would be forgotten silently', () => {
    for (const hierarchy of [v1, hybrid])
      expect(() => planOf(hierarchy, { unified: { 'memory.high': '100' } })).toThrow(
        code('unsupported-limit'),
      )
  })

  it.each(['cgroup.procs', 'memory', '../memory.high', 'memory./x', 'devices.allow'])(
    'refuses %s',
    (name) => {
      expect(() => planOf(v2, { unified: { [name]: '1' } })).toThrow(code('invalid-cgroup'))
    },
  )
})

import { expect, test } from 'vitest'
import type {
  Container,
  ContainerOptions,
  PreparedStart,
} from '../../../../../src/runtime/container/index.ts'
import { isRepeatable } from '../../../../../src/runtime/container/recipe/repeatable.ts'

const plain: Partial<ContainerOptions> = {
  network: 'none',
  ports: [],
  mounts: [],
  privileged: false,
  terminal: false,
  namespaces: {},
}

const containerOf = (more: Partial<ContainerOptions>): Container =>
  ({ record: { options: { ...plain, ...more } } }) as unknown as Container

const prepared = {
  root: { kind: 'overlay', lower: ['/l'] },
  plan: { directories: [], files: [], cpusets: [], join: [] },
  monitor: { dir: '/d', detached: false, interactive: false, ownInput: true, ports: [], life: [] },
} as unknown as PreparedStart

test('a plain container comes out the same again', () => {
  expect(isRepeatable(containerOf({}), prepared)).toBe(true)
  expect(isRepeatable(containerOf({ namespaces: { pid: undefined } as never }), prepared)).toBe(true)
})

const others: readonly Partial<ContainerOptions>[] = [
  { network: 'bridge' },
  { network: 'host' },
  { network: `container:${'a'.repeat(64)}` },
  { networks: [] },
  { links: [{ container: 'x', alias: 'y' }] },
  { ports: [{ protocol: 'tcp', hostPort: 0, containerPort: 80 }] },
  { mounts: [{ type: 'tmpfs', destination: '/t', source: 'tmpfs', options: [] }] as never },
  { namespaces: { pid: 'host' } },
  { userNamespace: {} as never },
  { privileged: true },
  { terminal: true },
  { devices: [{ source: '/dev/fuse', destination: '/dev/fuse', access: 'rwm' }] },
  { deviceLimits: [{ kind: 'weight', path: '/dev/sda', value: 10 }] },
  { oomScoreAdj: -5 },
  { cgroupParent: 'x' },
  { life: { restart: { name: 'always', most: 0 } } },
]

test.for(others)('not with %o', (options) => {
  expect(isRepeatable(containerOf(options), prepared)).toBe(false)
})

const starts: readonly Partial<PreparedStart>[] = [
  { root: { kind: 'bind', source: '/x', readonly: false } },
  { plan: { ...prepared.plan, cpusets: ['/sys/fs/cgroup/cpuset/tsbuild'] } },
  { plan: { ...prepared.plan, deviceProgram: new Uint8Array(8) } },
  {
    plan: {
      ...prepared.plan,
      files: [{ path: '/p', value: '1', purpose: 'x', instead: { path: '/q', value: '2' } }],
    },
  },
  { monitor: { ...prepared.monitor, detached: true } },
  { monitor: { ...prepared.monitor, life: ['--health-interval', '1'] } },
]

test.for(starts)('not with a start that has %o', (start) => {
  expect(isRepeatable(containerOf({}), { ...prepared, ...start })).toBe(false)
})

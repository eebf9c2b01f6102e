import { expect, test } from 'vitest'
import { leaveOutMissing, lenient } from '../../../../src/runtime/cgroup/leave-out.ts'
import { planCgroup } from '../../../../src/runtime/cgroup/plan.ts'

const v1 = { v1: { memory: '/c/memory', cpu: '/c/cpu', pids: '/c/pids', blkio: '/c/blkio' } }
const v2 = { v1: {}, v2: { root: '/c', controllers: ['memory', 'cpu', 'cpuset', 'io', 'pids'] } }
const none = { v1: {} }
const wish = {
  memory: { limit: 64 << 20, swappiness: 30, disableOOMKiller: true },
  cpu: { shares: 512, cpus: '0' },
  pids: { limit: 5 },
  blockIO: { weight: 300 },
  devices: [{ allow: false, access: 'rwm' }],
}

test('what only cgroup v1 has is left out of v2, and told', () => {
  const { resources, warnings } = leaveOutMissing(wish, v2)
  expect(resources).toEqual({ ...wish, memory: { limit: 64 << 20 } })
  expect(warnings).toEqual([
    'memory swappiness is left out: only cgroup v1 has it',
    'oom-kill-disable is left out: only cgroup v1 has it',
  ])
})

test('a limit without its controller is left out; rules of devices are not', () => {
  const partly = leaveOutMissing(wish, v1)
  expect(partly.resources).toEqual({ ...wish, cpu: { shares: 512 } })
  expect(partly.warnings).toEqual([
    'the set of CPUs is left out: this machine has no cgroup controller cpuset',
  ])
  const bare = leaveOutMissing(wish, none)
  expect(bare.resources).toEqual({ cpu: {}, devices: wish.devices })
  expect(bare.warnings).toHaveLength(5)
  expect(leaveOutMissing({ cpu: {}, memory: {}, blockIO: {} }, none).warnings).toEqual([])
})

test('weights and limits of swap are left out where the kernel has no file for them', () => {
  const plan = lenient(
    planCgroup({
      id: 'a',
      resources: { ...wish, devices: [] },
      hierarchy: { v1: { ...v1.v1, cpuset: '/c/cpuset' } },
    }),
  )
  const lacking = plan.files.filter(({ mayLack }) => mayLack).map(({ purpose }) => purpose)
  expect(new Set(lacking)).toEqual(new Set(['block I/O weight']))
})

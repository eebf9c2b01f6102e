import { describe, expect, it } from 'vitest'
import { parseHierarchy } from '../../../../src/runtime/cgroup/hierarchy.ts'

const line = (place: string, rest: string): string => `31 23 0:28 / ${place} rw,relatime - ${rest}`
const controllers = (): string => 'cpuset cpu io memory\n'

describe('parseHierarchy', () => {
  it('finds v1, with controllers together and apart', () => {
    const text = [
      line('/', 'ext4 /dev/vda rw'),
      line('/sys/fs/cgroup', 'tmpfs tmpfs rw,mode=755'),
      line('/sys/fs/cgroup/cpu,cpuacct', 'cgroup cgroup rw,cpu,cpuacct'),
      line('/sys/fs/cgroup/memory', 'cgroup cgroup rw,memory'),
      line('/elsewhere/memory', 'cgroup cgroup rw,memory'),
      line('/sys/fs/cgroup/systemd', 'cgroup cgroup rw,xattr,name=systemd'),
    ].join('\n')
    expect(parseHierarchy(text, controllers)).toEqual({
      v1: {
        cpu: '/sys/fs/cgroup/cpu,cpuacct',
        cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
        memory: '/sys/fs/cgroup/memory',
      },
    })
  })

  it('finds v2', () => {
    expect(parseHierarchy(line('/sys/fs/cgroup', 'cgroup2 cgroup2 rw,nsdelegate'), controllers)).toEqual({
      v1: {},
      v2: { root: '/sys/fs/cgroup', controllers: ['cpuset', 'cpu', 'io', 'memory'] },
    })
  })

  it('finds both halves, optional fields and escaped paths', () => {
    const text = `1 2 0:3 / /a\\040b rw shared:5 master:6 - cgroup none rw,pids\n${line('/u', 'cgroup2 none rw')}`
    expect(parseHierarchy(text, () => 'hugetlb')).toEqual({
      v1: { pids: '/a b' },
      v2: { root: '/u', controllers: ['hugetlb'] },
    })
  })

  it('is content without any', () => {
    expect(parseHierarchy('', controllers)).toEqual({ v1: {} })
  })
})

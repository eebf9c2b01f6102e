import { existsSync, mkdirSync, rmdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

const cgroup2Magic = 0x63677270

/** True when /sys/fs/cgroup is the unified hierarchy, false for v1 and hybrid machines. */
export const isUnified = (): boolean => statfsSync('/sys/fs/cgroup').type === cgroup2Magic

/** Makes one cgroup (v2) or one of each named controller (v1) for a test; returns the directories. */
export const makeTestCgroups = (name: string, controllers: readonly string[]): readonly string[] => {
  const parents = isUnified()
    ? ['/sys/fs/cgroup']
    : controllers.map((controller) => join('/sys/fs/cgroup', controller))
  return parents.map((parent) => {
    const path = join(parent, `tsbuild-test-${name}-${process.pid}`)
    mkdirSync(path)
    return path
  })
}

export const removeTestCgroups = (paths: readonly string[]): void => {
  for (const path of paths) if (existsSync(path)) rmdirSync(path)
}

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'

/** All processes in a container's cgroups and below; one hierarchy knows them all. */
export const processesOf = (cgroups: readonly HostPath[]): readonly number[] => {
  const [first] = cgroups
  return first === undefined ? [] : [...new Set(below(first))].sort((a, b) => a - b)
}

const below = (directory: HostPath): readonly number[] => {
  try {
    const own = readFileSync(join(directory, 'cgroup.procs'), 'latin1').split('\n').map(Number)
    const children = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    // 0 stands for a process of another pid namespace.
    return [...own.filter((pid) => pid > 0), ...children.flatMap(({ name }) => below(join(directory, name)))]
  } catch {
    return []
  }
}

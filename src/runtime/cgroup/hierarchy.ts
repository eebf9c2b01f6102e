import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { CgroupHierarchy, Controller } from './types.ts'

/** Every controller that is known here, by cgroup v1's names. */
export const allControllers: readonly Controller[] = [
  'blkio',
  'cpu',
  'cpuacct',
  'cpuset',
  'devices',
  'freezer',
  'memory',
  'pids',
]

/** Looks where cgroups are mounted for this process. Without any, both halves are empty. */
export const detectHierarchy = (): CgroupHierarchy =>
  parseHierarchy(readFileSync('/proc/self/mountinfo', 'utf8'), (root) =>
    readFileSync(join(root, 'cgroup.controllers'), 'utf8'),
  )

/** From the text of mountinfo (proc_pid_mountinfo(5)); the first mount of a controller counts. */
export const parseHierarchy = (
  mountinfo: string,
  readControllers: (root: HostPath) => string,
): CgroupHierarchy => {
  const v1: Partial<Record<Controller, HostPath>> = {}
  let v2: CgroupHierarchy['v2']
  for (const line of mountinfo.split('\n')) {
    const dash = line.indexOf(' - cgroup')
    if (dash < 0) continue
    const root = unescapePath(line.split(' ', 5)[4] ?? '')
    const [type, , options = ''] = line.slice(dash + 3).split(' ')
    if (type === 'cgroup2') v2 ??= { root, controllers: readControllers(root).trim().split(/\s+/) }
    else for (const name of options.split(',')) if (isController(name)) v1[name] ??= root
  }
  return { v1, ...(v2 ? { v2 } : {}) }
}

const isController = (name: string): name is Controller =>
  allControllers.some((controller) => controller === name)

/** mountinfo writes space, tab, newline and backslash as three octal digits. */
const unescapePath = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

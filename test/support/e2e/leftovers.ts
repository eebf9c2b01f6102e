import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'

/** What a command may leave behind on this machine: nothing of it should be there afterwards. */
export interface Leftovers {
  readonly mounts: readonly string[]
  readonly cgroups: readonly string[]
  readonly processes: readonly string[]
  readonly active: readonly string[]
}

export const findLeftovers = (root: string = inject('storeRoot')): Leftovers => ({
  mounts: readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(root) || / - (overlay|nsfs) /.test(line)),
  cgroups: hierarchies().flatMap((hierarchy) => children(join(hierarchy, 'tsbuild'))),
  processes: helperProcesses(root),
  active: [...children(join(root, 'active')), ...children(join(root, 'content/ingest'))],
})

const hierarchies = (): readonly string[] => [
  ...new Set(
    readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .flatMap((line) => (/ - cgroup2? /.test(line) ? [line.split(' ')[4] ?? ''] : [])),
  ),
]

const children = (path: string): readonly string[] => {
  if (!existsSync(path)) return []
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(path, entry.name))
}

/** Helpers of the tests' own store: told by the files they have open or the store they were named. */
const helperProcesses = (root: string): readonly string[] =>
  readdirSync('/proc').flatMap((pid) => {
    if (!/^[0-9]+$/.test(pid)) return []
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      return environment.includes(`TSBUILD_ROOT=${root}`) && command.includes('tsbuild-native')
        ? [`${pid} ${command}`]
        : []
    } catch {
      return []
    }
  })

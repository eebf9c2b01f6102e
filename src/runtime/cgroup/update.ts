import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { applyCgroupFiles, fillCpusets, makeCgroupDirectory } from './create.ts'
import { childrenOf, removeCgroup } from './remove.ts'
import type { CgroupFile, CgroupPlan } from './types.ts'

/**
 * Changes the limits of a cgroup that has processes in it. Where a limit needs a directory that was not made at the start
 * (cgroup v1), it is made: returns those, which `moveMembers` fills. Throws as `createCgroup`; what was made is gone then, what
 * was written before the refusal stays.
 */
export const updateCgroup = (plan: CgroupPlan): readonly HostPath[] => {
  const made = plan.directories.filter((directory) => !existsSync(directory))
  try {
    for (const directory of made) makeCgroupDirectory(directory)
    fillCpusets(plan.cpusets.slice(0, -1))
    applyCgroupFiles({ ...plan, files: inOrder(plan.files) })
    fillCpusets(plan.cpusets.slice(-1))
    return made
  } catch (error) {
    removeCgroup(made)
    throw error
  }
}

const memorySwap = 'memory.memsw.limit_in_bytes'

/** v1 keeps the memory limit at most that of memory and swap all the time: what grows beyond it comes second. */
const inOrder = (files: readonly CgroupFile[]): readonly CgroupFile[] => {
  const limit = files.find(({ path }) => basename(path) === 'memory.limit_in_bytes')
  const total = files.find(({ path }) => basename(path) === memorySwap)
  if (!limit || !total) return files
  const now = Number(readIfThere(join(dirname(total.path), memorySwap)))
  const wanted = Number(limit.value)
  if (wanted >= 0 && wanted <= now) return files
  return [total, ...files.filter((file) => file !== total)]
}

/** How often is looked for processes that were forked meanwhile. */
const rounds = 100

/** Moves every process of a cgroup, those of cgroups below included, into other directories that stand for the same. */
export const moveMembers = (from: HostPath, into: readonly HostPath[]): void => {
  for (const directory of into) {
    let before = ''
    for (let round = 0; round < rounds; round++) {
      const inside = new Set(membersOf(directory))
      const outside = membersBelow(from).filter((pid) => !inside.has(pid))
      // What stays where it is has ended, and waits to be reaped.
      if (outside.length === 0 || outside.join() === before) break
      before = outside.join()
      for (const pid of outside) move(pid, directory)
    }
  }
}

const move = (pid: string, directory: HostPath): void => {
  try {
    writeFileSync(join(directory, 'cgroup.procs'), pid)
  } catch (error) {
    // It has ended.
    if (errnoOf(error) !== 'ESRCH') throw error
  }
}

const membersBelow = (directory: HostPath): readonly string[] => [
  ...membersOf(directory),
  ...childrenOf(directory).flatMap(membersBelow),
]

const membersOf = (directory: HostPath): readonly string[] =>
  (readIfThere(join(directory, 'cgroup.procs')) ?? '').split('\n').filter((pid) => pid !== '' && pid !== '0')

const readIfThere = (path: HostPath): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

import type { RuntimeResources } from '../../foundation/oci/index.ts'
import type { CgroupHierarchy, CgroupPlan, Controller } from './types.ts'

type Resources = Partial<RuntimeResources>

/** What is left out of limits because this machine has no means for it, and what to tell the user of that. */
export interface LeftOut {
  readonly resources: Resources
  readonly warnings: readonly string[]
}

/**
 * Limits without those that no cgroup of this machine has, as docker does it: what it lacks is told, not refused. Device rules
 * are no limit: without their controller nothing starts. Pure.
 */
export const leaveOutMissing = (resources: Resources, hierarchy: CgroupHierarchy): LeftOut => {
  const warnings: string[] = []
  const { memory, cpu, pids, blockIO, ...rest } = resources
  const keeps = (controller: Controller, what: string, said: boolean): boolean => {
    if (!said || isThere(controller, hierarchy)) return true
    warnings.push(`${what} is left out: this machine has no cgroup controller ${controller}`)
    return false
  }
  const hasCpu = keeps('cpu', 'the limit of CPU time', isSaid(cpu?.shares, cpu?.quota, cpu?.period))
  const hasCpuset = keeps('cpuset', 'the set of CPUs', Boolean(cpu?.cpus || cpu?.mems))
  const { cpus, mems, ...time } = cpu ?? {}
  const kept = {
    ...(memory &&
    keeps('memory', 'the limit of memory', isSaid(memory.limit, memory.swap, memory.reservation))
      ? { memory: memoryOf(memory, hierarchy, warnings) }
      : {}),
    ...(cpu ? { cpu: { ...(hasCpu ? time : {}), ...(hasCpuset ? definedOf({ cpus, mems }) : {}) } } : {}),
    ...(pids && keeps('pids', 'the limit of processes', isSaid(pids.limit)) ? { pids } : {}),
    ...(blockIO && keeps('blkio', 'the limit of disk access', Object.keys(blockIO).length > 0)
      ? { blockIO }
      : {}),
  }
  return { resources: { ...rest, ...kept }, warnings }
}

/** cgroup v2 has neither of the two. */
const memoryOf = (
  memory: NonNullable<Resources['memory']>,
  { v1 }: CgroupHierarchy,
  warnings: string[],
): NonNullable<Resources['memory']> => {
  if (v1.memory !== undefined) return memory
  const { swappiness, disableOOMKiller, ...rest } = memory
  if (swappiness !== undefined && swappiness >= 0)
    warnings.push('memory swappiness is left out: only cgroup v1 has it')
  if (disableOOMKiller) warnings.push('oom-kill-disable is left out: only cgroup v1 has it')
  return rest
}

const isThere = (controller: Controller, { v1, v2 }: CgroupHierarchy): boolean =>
  v1[controller] !== undefined ||
  v2?.controllers.includes(controller === 'blkio' ? 'io' : controller) === true

const isSaid = (...limits: readonly (number | undefined)[]): boolean =>
  limits.some((limit) => limit !== undefined && limit !== 0)

const definedOf = (said: { readonly cpus: string | undefined; readonly mems: string | undefined }) => ({
  ...(said.cpus === undefined ? {} : { cpus: said.cpus }),
  ...(said.mems === undefined ? {} : { mems: said.mems }),
})

/** What a kernel may have been built without: left out where its file is missing. */
const optionalPurposes: ReadonlySet<string> = new Set(['block I/O weight', 'memory-swap limit'])

/** The plan of a container that starts also without these. */
export const lenient = (plan: CgroupPlan): CgroupPlan => ({
  ...plan,
  files: plan.files.map((file) =>
    optionalPurposes.has(file.purpose) ? { ...file, mayLack: file.optional !== true } : file,
  ),
})

import type { StepCgroup } from '../../build/ops/index.ts'
import type { RuntimeResources } from '../../foundation/oci/index.ts'
import {
  type CgroupHierarchy,
  createCgroup,
  detectHierarchy,
  planCgroup,
  removeCgroup,
} from '../../runtime/cgroup/index.ts'
import type { BuildOptions } from './types.ts'

let known: CgroupHierarchy | undefined

/** Looked up once: cgroups are not remounted while a program runs. */
export const hierarchyHere = (): CgroupHierarchy => (known ??= detectHierarchy())

/**
 * The cgroups of the RUN steps of one build, with the device rules of their specs, the build's limits and below its parent.
 * Making one throws `invalid-cgroup` and `invalid-limit`, and `missing-controller` where a limit cannot be enforced.
 */
export const stepCgroups =
  (options: Pick<BuildOptions, 'resources' | 'cgroupParent'>) =>
  (id: string, resources: RuntimeResources): StepCgroup => {
    const plan = planCgroup({
      id,
      resources: { ...resources, ...options.resources },
      hierarchy: hierarchyHere(),
      ...(options.cgroupParent === undefined ? {} : { parent: options.cgroupParent }),
    })
    createCgroup(plan)
    return {
      paths: plan.join,
      ...(plan.deviceProgram ? { deviceProgram: plan.deviceProgram } : {}),
      ...memoryLimitOf(options),
      // The helper removes them when the step ends; this is for the step that never started.
      remove: () => void removeCgroup(plan.directories),
    }
  }

const memoryLimitOf = ({ resources }: Pick<BuildOptions, 'resources'>): { readonly memoryLimit?: number } => {
  const limit = resources?.memory?.limit
  return limit === undefined || limit <= 0 ? {} : { memoryLimit: limit }
}

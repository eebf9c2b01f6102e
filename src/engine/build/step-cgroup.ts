import type { StepCgroup } from '../../build/ops/index.ts'
import type { RuntimeResources } from '../../foundation/oci/index.ts'
import {
  type CgroupHierarchy,
  createCgroup,
  detectHierarchy,
  planCgroup,
  removeCgroup,
} from '../../runtime/cgroup/index.ts'

let known: CgroupHierarchy | undefined

/** Looked up once: cgroups are not remounted while a program runs. */
export const hierarchyHere = (): CgroupHierarchy => (known ??= detectHierarchy())

/** The cgroup of one RUN step, with the device rules of its spec. */
export const stepCgroup = (id: string, resources: RuntimeResources): StepCgroup => {
  const plan = planCgroup({ id, resources, hierarchy: hierarchyHere() })
  createCgroup(plan)
  return {
    paths: plan.join,
    ...(plan.deviceProgram ? { deviceProgram: plan.deviceProgram } : {}),
    // The helper removes them when the step ends; this is for the step that never started.
    remove: () => void removeCgroup(plan.directories),
  }
}

import type { StepCgroup } from '../../build/ops/index.ts'
import type { RuntimeResources } from '../../foundation/oci/index.ts'
import {
  type CgroupHierarchy,
  createCgroup,
  detectHierarchy,
  planCgroup,
  removeCgroup,
} from '../../runtime/cgroup/index.ts'

let hierarchy: CgroupHierarchy | undefined

/** The cgroup of one RUN step, with the device rules of its spec. */
export const stepCgroup = (id: string, resources: RuntimeResources): StepCgroup => {
  hierarchy ??= detectHierarchy()
  const plan = planCgroup({ id, resources, hierarchy })
  createCgroup(plan)
  return {
    paths: plan.join,
    // The helper removes them when the step ends; this is for the step that never started.
    remove: () => void removeCgroup(plan.directories),
  }
}

/** Limits -> cgroup v1 or v2 directories and files; statistics; removal of what dead owners left. */

export { quotaOfCpus } from './conversions.ts'
export { createCgroup } from './create.ts'
export { isFrozen, setFrozen } from './freeze.ts'
export { allControllers, detectHierarchy } from './hierarchy.ts'
export { leaveOutMissing, lenient } from './leave-out.ts'
export { defaultParent } from './parent.ts'
export { planCgroup } from './plan.ts'
export { childrenOf, removeCgroup } from './remove.ts'
export { readStats } from './stats.ts'
export { sweepCgroups } from './sweep.ts'
export type {
  CgroupFile,
  CgroupHierarchy,
  CgroupPlan,
  CgroupRequest,
  CgroupStats,
  Controller,
} from './types.ts'
export { moveMembers, updateCgroup } from './update.ts'

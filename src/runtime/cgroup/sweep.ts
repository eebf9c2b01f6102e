import { readFileSync, rmdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { defaultParent } from './parent.ts'
import { childrenOf, removeCgroup } from './remove.ts'
import type { CgroupHierarchy } from './types.ts'

/**
 * Removes the cgroups of containers whose owner died before it could: those without processes whose id `isLive` does not
 * know; then the parent where it is empty. Returns the ids. An owner must be known to `isLive` before it makes its cgroup.
 */
export const sweepCgroups = (
  isLive: (id: string) => boolean,
  { hierarchy, parent = defaultParent }: { readonly hierarchy: CgroupHierarchy; readonly parent?: string },
): readonly string[] => {
  const removed = new Set<string>()
  for (const root of rootsOf(hierarchy)) {
    const directory = join(root, parent)
    for (const child of childrenOf(directory)) {
      const id = basename(child)
      if (isLive(id) || hasProcesses(child)) continue
      if (removeCgroup([child]).length === 0) removed.add(id)
    }
    try {
      rmdirSync(directory)
    } catch {
      // Others still live there, or it is gone.
    }
  }
  return [...removed]
}

const rootsOf = ({ v1, v2 }: CgroupHierarchy): ReadonlySet<HostPath> =>
  new Set([...Object.values(v1), ...(v2 ? [v2.root] : [])])

/** Also below: a container may have made its own. A directory that cannot be read counts as in use. */
const hasProcesses = (directory: HostPath): boolean => {
  try {
    if (readFileSync(join(directory, 'cgroup.procs'), 'utf8') !== '') return true
  } catch {
    return true
  }
  return childrenOf(directory).some(hasProcesses)
}

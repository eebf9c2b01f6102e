import { existsSync } from 'node:fs'
import { AppError } from '../../foundation/errors/index.ts'
import type { HostPath, RuntimeResources } from '../../foundation/oci/index.ts'
import {
  allControllers,
  type CgroupPlan,
  type CgroupRequest,
  type Controller,
  defaultParent,
  detectHierarchy,
  leaveOutMissing,
  lenient,
  planCgroup,
} from '../cgroup/index.ts'
import type { ContainerRecord } from './types.ts'

/** Counted and freezable also where nothing is limited. */
const always: readonly Controller[] = ['cpuacct', 'freezer', 'memory', 'pids']

/** `cgroupsPath` of the container's spec. */
export const cgroupsPathOf = ({ id, options }: ContainerRecord): string =>
  `/${options.cgroupParent ?? defaultParent}/${id}`.replaceAll(/\/+/g, '/')

/** The cgroup of one start, and warnings about limits that this machine lacks. `resources` are those of the spec, device rules included. */
export const planContainerCgroup = (
  record: ContainerRecord,
  resources: RuntimeResources,
): { readonly plan: CgroupPlan; readonly warnings: readonly string[] } => {
  const place = placeOf(record)
  const kept = leaveOutMissing(resources, place.hierarchy)
  return {
    plan: lenient(planCgroup({ ...place, resources: kept.resources, also: always })),
    warnings: kept.warnings,
  }
}

/** Limits that are written while it runs. Resetting one needs its controller where that is there, too. */
export const planContainerUpdate = (
  record: ContainerRecord,
  resources: Partial<RuntimeResources>,
): CgroupPlan => {
  const place = placeOf(record)
  const there = (controller: Controller): boolean =>
    planCgroup({ ...place, resources: {}, also: [controller] }).directories.some((path) => existsSync(path))
  const kept = leaveOutMissing(resources, place.hierarchy)
  return planCgroup({ ...place, resources: kept.resources, also: allControllers.filter(there) })
}

/** Every directory that a cgroup of the container may have, whether it exists or not. */
export const cgroupDirectories = ({ id, options }: ContainerRecord): readonly HostPath[] =>
  cgroupDirectoriesOf(id, options.cgroupParent)

/** The same for a container that may never have started: none where the parent is one that no start takes. */
export const leftoverCgroups = (id: string, parent: string | undefined): readonly HostPath[] => {
  try {
    return cgroupDirectoriesOf(id, parent)
  } catch (error) {
    if (error instanceof AppError) return []
    throw error
  }
}

/** The same where nothing but the id is known; below the default parent when it is undefined. */
export const cgroupDirectoriesOf = (id: string, parent: string = defaultParent): readonly HostPath[] =>
  planCgroup({ id, parent, hierarchy: detectHierarchy(), resources: {}, also: allControllers }).directories

const placeOf = ({ id, options }: ContainerRecord): Pick<CgroupRequest, 'id' | 'parent' | 'hierarchy'> => ({
  id,
  parent: options.cgroupParent ?? defaultParent,
  hierarchy: detectHierarchy(),
})

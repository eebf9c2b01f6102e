import type { RuntimeResources } from '../../foundation/oci/index.ts'
import { basicDeviceRules } from '../bundle/index.ts'
import { allControllers, type CgroupPlan, detectHierarchy, planCgroup } from '../cgroup/index.ts'
import { unsupported } from './errors.ts'

const ownParent = 'tsrunc'

/**
 * Directories and limits of a container. `path` is the spec's cgroupsPath, below the root of each hierarchy whether it starts
 * with a slash or not; without it, /tsrunc/ID. Throws `unsupported` for the form of systemd, and what the cgroup room throws.
 */
export const planContainerCgroup = (
  id: string,
  path: string | undefined,
  resources: Partial<RuntimeResources>,
): CgroupPlan => {
  if (path?.includes(':')) {
    throw unsupported(`cgroupsPath ${path} of a systemd slice`, 'Use cgroupfs: leave --systemd-cgroup out.')
  }
  const segments = (path ?? `${ownParent}/${id}`).split('/').filter((part) => part !== '')
  return planCgroup({
    id: segments.at(-1) ?? id,
    parent: segments.slice(0, -1).join('/'),
    resources: resources.devices ? { ...resources, devices: withBasicDevices(resources.devices) } : resources,
    // Without a limit too: for statistics, freezing, finding all processes, and limits that come later.
    also: allControllers,
    hierarchy: detectHierarchy(),
  })
}

/** What every container may use comes behind the bundle's rules, as under runc; nothing is allowed that no rule allows. */
const withBasicDevices = (rules: RuntimeResources['devices']): RuntimeResources['devices'] => {
  const last = rules.at(-1)
  const isOpen = last?.allow === true && (last.type ?? 'a') === 'a' && last.major === undefined
  const [deny, ...basic] = basicDeviceRules
  return [...(deny ? [deny] : []), ...rules, ...(isOpen ? [] : basic)]
}

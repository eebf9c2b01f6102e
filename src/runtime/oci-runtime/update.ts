import type { HostPath, RuntimeResources } from '../../foundation/oci/index.ts'
import { updateCgroup } from '../cgroup/index.ts'
import { planContainerCgroup } from './container-cgroup.ts'
import { notRunning } from './errors.ts'
import { fieldsOf } from './fields.ts'
import { parseResources } from './parse-resources.ts'
import { parseJson } from './parse-spec.ts'
import { readRecord, statusOf } from './record.ts'

/** linux.resources as text. Throws `invalid-spec`. */
export const parseResourcesDocument = (text: string): Partial<RuntimeResources> =>
  parseResources(fieldsOf('resources', parseJson(text)))

/** Changes the limits of a container that exists; those that are not said stay as they are. */
export const updateContainer = (root: HostPath, id: string, resources: Partial<RuntimeResources>): void => {
  const record = readRecord(root, id)
  const status = statusOf(root, record)
  if (status === 'stopped' || status === 'creating') throw notRunning(id, status)
  // Who may use which device is decided when a container is made.
  const { devices: _, ...limits } = resources
  updateCgroup(planContainerCgroup(id, record.cgroupsPath, limits))
}

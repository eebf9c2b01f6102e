import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { isAbandoned } from '../../foundation/sys/index.ts'
import { sweepCgroups } from '../../runtime/cgroup/index.ts'
import { networkDir, sweepLeases } from '../../runtime/network/index.ts'
import { hierarchyHere } from './step-cgroup.ts'

/** Files of RUN steps, under the run directory. */
export const stepDirectory = (runRoot: HostPath): HostPath => join(runRoot, 'steps')

/**
 * Removes what steps of killed builds left on the machine: files, addresses, and cgroups that were made before there was a
 * helper to remove them. (Snapshots in the making are the store's own concern.)
 */
export const sweepSteps = (runRoot: HostPath): void => {
  sweepCgroups((id) => !isAbandoned(id), { hierarchy: hierarchyHere() })
  const leases = join(networkDir(runRoot), 'leases')
  if (existsSync(leases)) sweepLeases(leases)
  const directory = stepDirectory(runRoot)
  try {
    for (const name of readdirSync(directory)) {
      if (isAbandoned(name)) rmSync(join(directory, name), { recursive: true, force: true })
    }
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

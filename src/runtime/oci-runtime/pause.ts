import { AppError } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { setFrozen } from '../cgroup/index.ts'
import { wrongState } from './errors.ts'
import { readRecord, statusOf } from './record.ts'

/** Stops all processes of a container where they are. Throws `wrong-state`. */
export const pauseContainer = (root: HostPath, id: string): void => {
  const record = readRecord(root, id)
  const status = statusOf(root, record)
  if (status !== 'running' && status !== 'created') throw wrongState('pause', id, status)
  if (!setFrozen(record.cgroups, true)) throw noFreezer('pause', id)
}

/** Lets them go on. Throws `wrong-state`. */
export const resumeContainer = (root: HostPath, id: string): void => {
  const record = readRecord(root, id)
  const status = statusOf(root, record)
  if (status !== 'paused') throw wrongState('resume', id, status)
  if (!setFrozen(record.cgroups, false)) throw noFreezer('resume', id)
}

const noFreezer = (action: string, id: string): AppError =>
  new AppError('no-freezer', `${action} container ${id}: its cgroups cannot stop processes`)

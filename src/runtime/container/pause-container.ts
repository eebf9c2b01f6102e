import { isFrozen, setFrozen } from '../cgroup/index.ts'
import { cgroupDirectories } from './container-cgroup.ts'
import { ContainerError, notRunning, paused } from './errors.ts'
import { statusOf } from './status.ts'
import type { Container } from './types.ts'

/** Stops every process of the container where it is. Throws `container-not-running`, `container-paused`, `cannot-pause`. */
export const pauseContainer = (container: Container): void => {
  if (statusOf(container.dir).kind !== 'running') throw notRunning('pause', container)
  if (isPaused(container)) throw paused('pause', container)
  if (setFrozen(cgroupDirectories(container.record), true)) return
  throw new ContainerError(
    'cannot-pause',
    `pause container ${container.record.name}: its processes cannot be stopped`,
    { hint: 'this machine may lack the freezer of cgroups, or a process waits for a disk' },
  )
}

/** Lets them go on. Throws `container-not-paused`. */
export const unpauseContainer = (container: Container): void => {
  if (!isPaused(container))
    throw new ContainerError(
      'container-not-paused',
      `unpause container ${container.record.name}: it is not paused`,
    )
  setFrozen(cgroupDirectories(container.record), false)
}

/** The kernel is asked: nothing is written down, so that nothing can be out of date. */
export const isPaused = (container: Container): boolean =>
  container.status.kind === 'running' && isFrozen(cgroupDirectories(container.record))

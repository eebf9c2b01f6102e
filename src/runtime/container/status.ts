import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { isAlive } from '../../foundation/sys/index.ts'
import { readExit, readFailure, readInit, readMonitor, readRestart, stateFile } from './state-files.ts'
import type { ContainerStatus } from './types.ts'

/** What the files of a container's directory and the processes they name say. */
export const statusOf = (dir: HostPath): ContainerStatus => {
  const exit = readExit(dir)
  const init = readInit(dir)
  const started = init ? { startedAt: init.startedAt } : {}
  if (exit) return { kind: 'exited', exit: { ...exit, ...readFailure(dir) }, ...started }
  const monitor = readMonitor(dir)
  // A monitor writes who it is before anything else; what nobody can read names nobody who would clean up.
  if (!monitor) return existsSync(join(dir, stateFile.monitor)) ? { kind: 'dead', ...started } : created(dir)
  if (isAlive(monitor)) {
    const restart = readRestart(dir)
    if (restart?.waiting) return { kind: 'restarting', exit: restart, monitor, ...started }
    return init ? { kind: 'running', init, monitor } : { kind: 'created' }
  }
  // The exit may have been written between the two looks.
  const late = readExit(dir)
  return late ? { kind: 'exited', exit: late, ...started } : { kind: 'dead', ...started }
}

const created = (dir: HostPath): ContainerStatus => {
  const failure = readFailure(dir)
  return failure ? { kind: 'created', failure } : { kind: 'created' }
}

/** Whether it runs, or will again by itself: there is a monitor to tell something to. */
export const isLive = ({ kind }: ContainerStatus): boolean => kind === 'running' || kind === 'restarting'

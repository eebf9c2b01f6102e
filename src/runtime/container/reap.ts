import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { atomicWrite, identify, isAlive } from '../../foundation/sys/index.ts'
import { removeCgroup } from '../cgroup/index.ts'
import { releaseAddressOf } from '../network/index.ts'
import { cgroupDirectories } from './container-cgroup.ts'
import { readInit, readNetwork, stateFile } from './state-files.ts'
import { statusOf } from './status.ts'
import type { Container, ExitRecord } from './types.ts'

/**
 * Cleans up after a monitor that was killed: ends what is left of the container and records the end. Nothing happens
 * for containers in any other state.
 */
export const reapContainer = (container: Container): void => {
  if (statusOf(container.dir).kind !== 'dead') return
  const init = readInit(container.dir)
  // A bare pid may belong to somebody else by now; one whose start time is right is the container's first process.
  if (init && isAlive(init)) killQuietly(init.pid)
  const directories = cgroupDirectories(container.record)
  for (const directory of directories) killMembers(directory)
  removeCgroup(directories)
  for (const { leases } of readNetwork(container.dir)?.endpoints ?? [])
    for (const path of leases) releaseAddressOf(path, container.dir)
  const exit: ExitRecord = {
    exitCode: 137,
    signal: 9,
    oomKilled: false,
    finishedAt: new Date().toISOString(),
    error: 'the monitor of the container was killed',
  }
  atomicWrite(join(container.dir, stateFile.exit), JSON.stringify(exit))
}

const killMembers = (directory: string): void => {
  try {
    for (const pid of readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n')) {
      // 0 stands for a process of another pid namespace; kill(0) would be ourselves.
      if (Number(pid) > 1 && identify(Number(pid))) killQuietly(Number(pid))
    }
  } catch {
    // The cgroup is gone, and with it all processes.
  }
}

const killQuietly = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended in between.
  }
}

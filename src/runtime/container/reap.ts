import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite, identify, isAlive } from '../../foundation/sys/index.ts'
import { childrenOf, isFrozen, removeCgroup, setFrozen } from '../cgroup/index.ts'
import { releaseAddressOf } from '../network/index.ts'
import { leftoverCgroups } from './container-cgroup.ts'
import { readInit, readMonitor, readNetwork, stateFile } from './state-files.ts'
import { statusOf } from './status.ts'
import type { Container, ExitRecord } from './types.ts'

/**
 * Cleans up after a monitor that was killed: ends what is left of the container and records the end. Nothing happens
 * for containers in any other state.
 */
export const reapContainer = (container: Container): void => {
  if (statusOf(container.dir).kind !== 'dead') return
  endLeftovers(container.dir, leftoverCgroups(container.record.id, container.record.options.cgroupParent))
  const exit: ExitRecord = {
    exitCode: 137,
    signal: 9,
    oomKilled: false,
    finishedAt: new Date().toISOString(),
    error: 'the monitor of the container was killed',
  }
  const path = join(container.dir, stateFile.exit)
  try {
    // Damage, which would be in the way of everything.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) rmSync(path, { recursive: true })
    atomicWrite(path, JSON.stringify(exit))
  } catch (error) {
    // Somebody else has removed it in the meantime.
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

/**
 * Ends every process of a container whose files may say anything, and gives back what it took: cgroups, addresses, names on
 * networks. A monitor that lives is ended first, and told not to start it again.
 */
export const endLeftovers = (dir: HostPath, cgroups: readonly HostPath[]): void => {
  endMonitor(dir)
  const init = readInit(dir)
  // A bare pid may belong to somebody else by now; one whose start time is right is the container's first process.
  if (init && isAlive(init)) killQuietly(init.pid)
  killMembers(cgroups)
  removeCgroup(cgroups)
  for (const path of leasesOf(dir)) releaseAddressOf(path, dir)
}

const endMonitor = (dir: HostPath): void => {
  const monitor = readMonitor(dir)
  if (!monitor || !isAlive(monitor)) return
  try {
    writeFileSync(join(dir, stateFile.stopped), '')
  } catch {
    // The directory is going.
  }
  killQuietly(monitor.pid)
}

/** Of the last start, as both files have it: one may be damaged. */
const leasesOf = (dir: HostPath): ReadonlySet<HostPath> => {
  const listed = readLines(join(dir, stateFile.leases)).filter((line) => line.startsWith('/'))
  return new Set([...listed, ...(readNetwork(dir)?.endpoints ?? []).flatMap(({ leases }) => leases)])
}

const readLines = (path: HostPath): readonly string[] => {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch {
    return []
  }
}

/** Milliseconds that killed processes may take to be gone. */
const patience = 2000

/** Again and again, as they may fork in between; what is frozen dies when it goes on. */
const killMembers = (directories: readonly HostPath[]): void => {
  for (const end = Date.now() + patience; Date.now() < end; ) {
    const members = directories.flatMap(membersOf)
    if (members.length === 0) return
    for (const pid of members) killQuietly(pid)
    if (isFrozen(directories)) setFrozen(directories, false)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
  }
}

/** Of one cgroup and those below. */
const membersOf = (directory: HostPath): readonly number[] => [
  ...readLines(join(directory, 'cgroup.procs')).flatMap((line) => {
    const pid = Number(line)
    // 0 stands for a process of another pid namespace; kill(0) would be ourselves.
    return pid > 1 && pid !== process.pid && identify(pid) ? [pid] : []
  }),
  ...childrenOf(directory).flatMap(membersOf),
]

const killQuietly = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended in between.
  }
}

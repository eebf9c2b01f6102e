import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { isStaleLock, type Lock, tryLock } from '../../foundation/sys/index.ts'
import { leftoverCgroups } from './container-cgroup.ts'
import { endLeftovers } from './reap.ts'
import { readMonitor } from './state-files.ts'
import { statusOf } from './status.ts'
import type { Container, ContainerStatus } from './types.ts'

/**
 * Gives back what a start took that was killed before there was a monitor: cgroups, addresses, names on networks. Its lock tells of
 * it. Nothing happens for containers in any other state.
 */
export const endAbandonedStart = ({ dir, record, status }: Container): void => {
  const path = join(dir, 'lock')
  // Of a monitor that is about to say who it is, only its words can be seen.
  if (!isUnstarted(dir, status) || !isStaleLock(path) || isMonitored(dir)) return
  using lock = takeOver(path)
  if (lock && isUnstarted(dir, statusOf(dir)))
    endLeftovers(dir, leftoverCgroups(record.id, record.options.cgroupParent))
}

const isUnstarted = (dir: HostPath, status: ContainerStatus): boolean =>
  status.kind === 'created' && !status.failure && readMonitor(dir) === undefined

/** Undefined when somebody else is at it, or the container goes. */
const takeOver = (path: HostPath): Lock | undefined => {
  try {
    return tryLock(path)
  } catch {
    return undefined
  }
}

/** Whether a process has the words of the container's monitor (`monitorArguments`). Its command may have come to the store by another path. */
const isMonitored = (dir: HostPath): boolean => {
  const words = new RegExp(`\\0--dir\\0[^\\0]*/${basename(dir)}\\0`)
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && words.test(commandOf(name)))
}

const commandOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

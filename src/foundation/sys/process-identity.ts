import { readFileSync } from 'node:fs'

/** Names one process for all time on this machine: pids are reused, start times and boots are not. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  readonly startTime: number
  readonly bootId: string
}

let boot: string | undefined

export const bootId = (): string => (boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())

const startTimeOf = (pid: number): number | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command may hold spaces and parentheses; the fields after the last ')' start with the state.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19])
  } catch {
    return undefined
  }
}

/** The identity of a live process, by default this one; undefined when it is gone. */
export const identify = (pid: number = process.pid): ProcessIdentity | undefined => {
  const startTime = pid === process.pid ? ownStartTime() : startTimeOf(pid)
  return startTime === undefined ? undefined : { pid, startTime, bootId: bootId() }
}

let own: number | undefined

/** Of this process: asked once, it cannot change. */
const ownStartTime = (): number | undefined => (own ??= startTimeOf(process.pid))

export const isAlive = (identity: ProcessIdentity): boolean =>
  identity.bootId === bootId() && startTimeOf(identity.pid) === identity.startTime

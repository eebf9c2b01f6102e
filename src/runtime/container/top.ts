import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { notRunning } from './errors.ts'
import { statusOf } from './status.ts'
import type { Container } from './types.ts'

export interface ContainerProcess {
  readonly uid: number
  /** On the host. */
  readonly pid: number
  readonly parent: number
  /** Seconds of CPU time. */
  readonly cpuSeconds: number
  /** Clock ticks since boot. */
  readonly startTicks: number
  readonly command: string
}

/** Clock ticks per second, fixed in the kernel's interface. */
const ticks = 100

/**
 * The processes of a running container: those of its pid namespace. Read from the host's /proc; nothing inside the
 * container is executed (CVE-2022-1227). Throws `container-not-running`.
 */
export const processesOf = (container: Container): readonly ContainerProcess[] => {
  const status = statusOf(container.dir)
  if (status.kind !== 'running') throw notRunning('list processes of', container)
  const namespace = pidNamespace(status.init.pid)
  if (namespace === undefined) throw notRunning('list processes of', container)
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pidNamespace(pid) === namespace)
    .flatMap((pid) => readProcess(pid) ?? [])
    .toSorted((a, b) => a.pid - b.pid)
}

const pidNamespace = (pid: number): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    return undefined
  }
}

const readProcess = (pid: number): ContainerProcess | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
    return {
      uid: Number(uid ?? 0),
      pid,
      parent: Number(fields[1]),
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticks,
      startTicks: Number(fields[19]),
      command:
        words.length > 0 ? words.join(' ') : `[${stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))}]`,
    }
  } catch {
    return undefined
  }
}

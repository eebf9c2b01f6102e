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
  readonly nice: number
  readonly threads: number
  readonly group: number
  readonly session: number
  /** `Ss+`, as ps writes it. */
  readonly state: string
  /** `pts/0`; `?` for none. */
  readonly terminal: string
  readonly virtualBytes: number
  readonly residentBytes: number
  /** Of the program, at most 15 bytes. */
  readonly name: string
  readonly command: string
}

/** Clock ticks per second, fixed in the kernel's interface. */
const ticks = 100

/** Bytes of a page on the machines that there are helpers for. */
const pageSize = 4096

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
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
    return {
      uid: Number(uid ?? 0),
      pid,
      parent: Number(fields[1]),
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticks,
      startTicks: Number(fields[19]),
      nice: Number(fields[16]),
      threads: Number(fields[17]),
      group: Number(fields[2]),
      session: Number(fields[3]),
      state: stateOf(pid, fields),
      terminal: terminalOf(Number(fields[4])),
      virtualBytes: Number(fields[20]),
      residentBytes: Number(fields[21]) * pageSize,
      name,
      command: words.length > 0 ? words.join(' ') : `[${name}]`,
    }
  } catch {
    return undefined
  }
}

/** The letter of the kernel, and what ps(1) puts behind it. `fields` are those of /proc/PID/stat from the third on. */
const stateOf = (pid: number, fields: readonly string[]): string => {
  const [state = '?', , group, session, , foreground] = fields
  const nice = Number(fields[16])
  const marks = [
    nice < 0 ? '<' : nice > 0 ? 'N' : '',
    Number(session) === pid ? 's' : '',
    Number(fields[17]) > 1 ? 'l' : '',
    foreground === group ? '+' : '',
  ]
  return state + marks.join('')
}

/** The kernel's number of a terminal: major in bits 8 to 19, minor around it. */
const terminalOf = (device: number): string => {
  const major = (device >> 8) & 0xfff
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00)
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`
  return major === 4 && minor < 64 ? `tty${minor}` : device === 0 ? '?' : `${major}:${minor}`
}

import { readFileSync } from 'node:fs'
import { type CgroupStats, readStats } from '../cgroup/index.ts'
import { cgroupDirectories } from './container-cgroup.ts'
import type { Container } from './types.ts'

/** What a running container has used so far. */
export interface ContainerStats extends CgroupStats {
  /** Bytes over all interfaces but `lo`; absent when its network is the host's or it has just ended. */
  readonly network?: { readonly received: number; readonly sent: number }
}

/** Undefined for a container that does not run. */
export const statsOf = ({ record, status }: Container): ContainerStats | undefined => {
  if (status.kind !== 'running') return undefined
  const network = record.options.network === 'host' ? undefined : networkOf(status.init.pid)
  return { ...readStats(cgroupDirectories(record)), ...(network === undefined ? {} : { network }) }
}

/** /proc/PID/net/dev: two lines of headers, then `name: received-bytes ... (8 figures) sent-bytes ...`. */
const networkOf = (pid: number): ContainerStats['network'] => {
  const lines = readLines(`/proc/${pid}/net/dev`)
  if (lines === undefined) return undefined
  let received = 0
  let sent = 0
  for (const line of lines.slice(2)) {
    const [name = '', figures = ''] = line.split(':')
    if (name.trim() === '' || name.trim() === 'lo') continue
    const numbers = figures.trim().split(/\s+/).map(Number)
    received += numbers[0] ?? 0
    sent += numbers[8] ?? 0
  }
  return { received, sent }
}

const readLines = (path: string): readonly string[] | undefined => {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch {
    return undefined
  }
}

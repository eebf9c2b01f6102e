import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { CgroupStats } from './types.ts'

/** v1 writes "no limit" as the largest multiple of a page below 2^63. */
const unlimited = 2 ** 62

type Reader = (name: string) => string | undefined

/** Reads what the joined cgroups (`CgroupPlan.join`) counted so far. Files that are not there leave their member out. */
export const readStats = (directories: readonly HostPath[]): CgroupStats => {
  const read: Reader = (name) => {
    for (const directory of directories) {
      try {
        return readFileSync(join(directory, name), 'utf8')
      } catch {
        // Another of the directories may have it.
      }
    }
    return undefined
  }
  const memory = memoryOf(read)
  const cpu = cpuOf(read)
  const pids = pidsOf(read)
  const io = ioOf(read)
  return {
    ...(memory ? { memory } : {}),
    ...(cpu ? { cpu } : {}),
    ...(pids ? { pids } : {}),
    ...(io ? { io } : {}),
  }
}

const memoryOf = (read: Reader): CgroupStats['memory'] => {
  const current = read('memory.current')
  const usage = current ?? read('memory.usage_in_bytes')
  if (usage === undefined) return undefined
  const v2 = current !== undefined
  const stat = keyed(read('memory.stat'))
  const idle = stat.get(v2 ? 'inactive_file' : 'total_inactive_file') ?? 0
  const events = keyed(read(v2 ? 'memory.events' : 'memory.oom_control'))
  return {
    usage: Math.max(0, Number(usage) - idle),
    ...limitOf(read(v2 ? 'memory.max' : 'memory.limit_in_bytes')),
    oomKills: events.get('oom_kill') ?? 0,
  }
}

const cpuOf = (read: Reader): CgroupStats['cpu'] => {
  const stat = keyed(read('cpu.stat'))
  const nanoseconds = read('cpuacct.usage')
  const usage = stat.get('usage_usec') ?? (nanoseconds === undefined ? undefined : Number(nanoseconds) / 1000)
  const throttled = stat.get('nr_throttled')
  return usage === undefined ? undefined : { usage, ...(throttled === undefined ? {} : { throttled }) }
}

const pidsOf = (read: Reader): CgroupStats['pids'] => {
  const current = read('pids.current')
  return current === undefined ? undefined : { current: Number(current), ...limitOf(read('pids.max')) }
}

const ioOf = (read: Reader): CgroupStats['io'] => {
  const v2 = read('io.stat')
  if (v2 !== undefined) return { read: sum(v2, /\brbytes=(\d+)/g), written: sum(v2, /\bwbytes=(\d+)/g) }
  const v1 = read('blkio.throttle.io_service_bytes_recursive')
  return v1 === undefined
    ? undefined
    : { read: sum(v1, /^\S+ Read (\d+)/gm), written: sum(v1, /^\S+ Write (\d+)/gm) }
}

const sum = (text: string, pattern: RegExp): number => {
  let total = 0
  for (const [, digits] of text.matchAll(pattern)) total += Number(digits)
  return total
}

const limitOf = (text: string | undefined): { readonly limit?: number } => {
  const limit = Number(text)
  return Number.isFinite(limit) && limit < unlimited ? { limit } : {}
}

/** Lines of `key number`. */
const keyed = (text = ''): ReadonlyMap<string, number> =>
  new Map(
    text.split('\n').map((line): [string, number] => {
      const [key = '', value] = line.split(' ')
      return [key, Number(value)]
    }),
  )

import type { HostPath } from '../../foundation/oci/index.ts'
import { readStats } from '../cgroup/index.ts'
import { notRunning } from './errors.ts'
import { readRecord, statusOf } from './record.ts'

/** What runc's `events --stats` calls `data`, as far as it is known; times in nanoseconds, sizes in bytes. */
export const containerStats = (root: HostPath, id: string): Readonly<Record<string, unknown>> => {
  const record = readRecord(root, id)
  const status = statusOf(root, record)
  if (status === 'stopped' || status === 'creating') throw notRunning(id, status)
  const { cpu, memory, pids, io } = readStats(record.cgroups)
  return {
    cpu: {
      usage: { total: (cpu?.usage ?? 0) * 1000 },
      throttling: { throttledPeriods: cpu?.throttled ?? 0 },
    },
    memory: {
      usage: { usage: memory?.usage ?? 0, limit: memory?.limit ?? 0, failcnt: memory?.oomKills ?? 0 },
    },
    pids: { current: pids?.current ?? 0, limit: pids?.limit ?? 0 },
    blkio: io
      ? {
          ioServiceBytesRecursive: [
            { op: 'Read', value: io.read },
            { op: 'Write', value: io.written },
          ],
        }
      : {},
  }
}

import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { isFrozen, setFrozen } from '../cgroup/index.ts'
import { notRunning } from './errors.ts'
import { processesOf } from './processes.ts'
import { readRecord, statusOf } from './record.ts'
import type { ContainerRecord } from './types.ts'

const sigkill = 9

/** Sends a signal to the container's process, or to all of them. Throws `not-running`. */
export const killContainer = (
  root: HostPath,
  id: string,
  options: { readonly signal: number; readonly all: boolean },
): void => {
  const record = readRecord(root, id)
  const status = statusOf(root, record)
  if (status === 'stopped' && options.all) {
    signalAll(record, options.signal)
    return
  }
  if (status === 'stopped' || status === 'creating') throw notRunning(id, status)
  sendSignal(record, options)
}

/** What shares the host's pids does not end with its first process: a kill goes to all of it. */
const sendSignal = (
  record: ContainerRecord,
  { signal, all }: { readonly signal: number; readonly all: boolean },
): void => {
  if (all || (signal === sigkill && record.sharesPids)) signalAll(record, signal)
  if (!all && record.process) send(record.process.pid, signal)
  // On cgroup v1 what stands still cannot even die.
  if (signal === sigkill && isFrozen(record.cgroups)) setFrozen(record.cgroups, false)
}

/** Again and again for a kill: they may fork in between. */
const signalAll = (record: ContainerRecord, signal: number): void => {
  for (let round = 0; round < (signal === sigkill ? 5 : 1); round++) {
    const pids = processesOf(record.cgroups)
    if (pids.length === 0) return
    for (const pid of pids) send(pid, signal)
  }
}

/** Ends everything of a container, whatever state it is in. */
export const killEverything = (record: ContainerRecord): void => {
  sendSignal(record, { signal: sigkill, all: true })
}

const send = (pid: number, signal: number): void => {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error
  }
}

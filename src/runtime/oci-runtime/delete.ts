import { AppError } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { isAlive } from '../../foundation/sys/index.ts'
import { isFrozen, removeCgroup, setFrozen } from '../cgroup/index.ts'
import { wrongState } from './errors.ts'
import { runHooks } from './hooks.ts'
import { killEverything } from './kill.ts'
import { processesOf } from './processes.ts'
import { hookStateOf, isClaimed, readRecord, removeRecord, statusOf } from './record.ts'
import type { ContainerRecord } from './types.ts'

/** Milliseconds that killed processes may take to be gone. */
const patience = 10_000

export interface DeleteOptions {
  /** Kills what runs; a container that does not exist is no error. */
  readonly force: boolean
  /** poststop hooks that fail do not stop the removal (runtime-spec runtime.md, Lifecycle 12). */
  readonly onWarning: (message: string) => void
}

/** Removes a stopped or never started container with its cgroups, then runs the poststop hooks. */
export const deleteContainer = async (root: HostPath, id: string, options: DeleteOptions): Promise<void> => {
  const record = recordOf(root, id, options.force)
  if (record === undefined) return
  const status = statusOf(root, record)
  if (!options.force && status !== 'stopped' && status !== 'created') throw wrongState('delete', id, status)
  endProcesses(record)
  removeCgroup(record.cgroups)
  removeRecord(root, id)
  for (const hook of record.poststop) {
    try {
      await runHooks([hook], hookStateOf(record, 'stopped', 0))
    } catch (error) {
      options.onWarning(error instanceof Error ? error.message : String(error))
    }
  }
}

/** Undefined when there is nothing left to do. */
const recordOf = (root: HostPath, id: string, force: boolean): ContainerRecord | undefined => {
  try {
    return readRecord(root, id)
  } catch (error) {
    if (!force || !isMissing(error)) throw error
    // Killed before it had written anything: only the directory is there.
    if (isClaimed(root, id)) removeRecord(root, id)
    return undefined
  }
}

const isMissing = (error: unknown): boolean => error instanceof AppError && error.code === 'no-such-container'

const endProcesses = (record: ContainerRecord): void => {
  const deadline = Date.now() + patience
  while (isBusy(record) && Date.now() < deadline) {
    killEverything(record)
    if (isFrozen(record.cgroups)) setFrozen(record.cgroups, false)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
  }
}

const isBusy = ({ process, cgroups }: ContainerRecord): boolean =>
  (process !== undefined && isAlive(process)) || processesOf(cgroups).length > 0

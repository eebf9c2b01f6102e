import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { isAlive } from '../../foundation/sys/index.ts'
import { leftoverCgroups } from './container-cgroup.ts'
import type { ContainerId } from './container-id.ts'
import type { ContainerStore } from './container-store.ts'
import { ContainerError } from './errors.ts'
import { recordEvent } from './events.ts'
import { lockContainer } from './lock-container.ts'
import { endLeftovers } from './reap.ts'
import { killContainer } from './signal-container.ts'
import { readMonitor, stateFile } from './state-files.ts'
import { isLive, statusOf } from './status.ts'
import type { Container } from './types.ts'
import { endsInTime } from './wait-container.ts'

export interface RemoveRequest {
  readonly containers: ContainerStore
  readonly container: Container
  /** Kills it first when it runs. */
  readonly force: boolean
}

/**
 * Removes a container with its files and its name. Throws `container-running` without `force`, `container-busy`,
 * `no-such-container` when somebody else has removed it in the meantime.
 */
export const removeContainer = async (request: RemoveRequest): Promise<void> => {
  const { containers, container, force } = request
  if (isLive(statusOf(container.dir))) {
    if (!force) throw running(container)
    killQuietly(container)
    // A monitor that does not react any more (stopped, say) is ended with what it holds.
    if (!(await endsInTime(container, { timeout: patience })))
      endLeftovers(container.dir, cgroupsOf(container))
    if (container.record.options.autoRemove && (await isGone(container))) return
  }
  using _ = lockContainer(container)
  // Nobody starts it while we have the lock: a monitor without a first process is one whose files were damaged.
  const monitor = readMonitor(container.dir)
  if (!force && monitor && isAlive(monitor) && statusOf(container.dir).kind === 'created')
    throw running(container)
  // A start that was killed in the middle leaves cgroups and addresses without any sign of it.
  endLeftovers(container.dir, cgroupsOf(container))
  containers.discard(container)
  recordEvent(containers.journal, container.record, 'destroy')
}

/** Milliseconds that the monitor of a killed container gets to record its end. */
const patience = 5000

const cgroupsOf = ({ record }: Container): readonly HostPath[] =>
  leftoverCgroups(record.id, record.options.cgroupParent)

/** Removes what is there of a container whose record cannot be read, and ends what it may still run. */
export const removeDamaged = (containers: ContainerStore, id: ContainerId): void => {
  const dir = containers.dirOf(id)
  endLeftovers(dir, [
    ...new Set([...leftoverCgroups(id, undefined), ...leftoverCgroups(id, parentIn(dir, id))]),
  ])
  containers.discardFiles(id)
}

/** The parent that the spec of the last start has, if that can be read. */
const parentIn = (dir: HostPath, id: ContainerId): string | undefined => {
  try {
    const text = readFileSync(join(dir, stateFile.spec), 'utf8')
    return new RegExp(`"cgroupsPath":"([^"]+)/${id}"`).exec(text)?.[1]
  } catch {
    return undefined
  }
}

const running = ({ record }: Container): ContainerError =>
  new ContainerError('container-running', `remove container ${record.name}: it is running`, {
    hint: 'stop it first, or use rm -f',
  })

/** It may end by itself in this moment. */
const killQuietly = (container: Container): void => {
  try {
    killContainer(container, 'KILL')
  } catch (error) {
    if (!(error instanceof ContainerError) || error.code !== 'container-not-running') throw error
  }
}

/** The monitor of a --rm container removes it; when that does not happen (it was killed), we do. */
const isGone = async (container: Container): Promise<boolean> => {
  for (let look = 0; look < 100; look++) {
    if (!existsSync(container.dir)) return true
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return false
}

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AppError, exitCode } from '../../foundation/errors/index.ts'
import { addCgroups } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { moveMembers, updateCgroup } from '../cgroup/index.ts'
import { cgroupDirectories, planContainerUpdate } from './container-cgroup.ts'
import type { ContainerStore } from './container-store.ts'
import { ContainerError } from './errors.ts'
import { recordEvent } from './events.ts'
import { writePolicy } from './life-files.ts'
import type { RestartPolicy } from './life-settings.ts'
import { lockContainer } from './lock-container.ts'
import { readRecord, stateFile } from './state-files.ts'
import { isLive, statusOf } from './status.ts'
import type { Container, ContainerOptions } from './types.ts'
import { changedResources, type LimitChanges, mergedLimits } from './update-limits.ts'

/** What is to be otherwise from now on; what is absent stays. */
export interface UpdateWish extends LimitChanges {
  readonly restart?: RestartPolicy
}

/**
 * Changes limits and restart policy, at once where the container runs, and for every start to come. Throws `bad-limit`,
 * `bad-policy`, `container-busy`, `no-such-container` (it has just been removed), and what the cgroup room throws; nothing is changed then.
 */
export const updateContainer = (
  containers: ContainerStore,
  { dir, record: { id } }: Container,
  wish: UpdateWish,
): void => {
  using _ = lockContainer(containers.find(id))
  // What another command has just written counts.
  const record = readRecord(dir) ?? containers.find(id).record
  const { options } = record
  if (wish.restart && wish.restart.name !== 'no' && options.autoRemove) throw goesAtTheEnd(record.name)
  const limits = mergedLimits(options, wish)
  const next = { ...record, options: { ...options, ...limits, ...lifeOf(options, wish) } }
  const changed = changedResources(limits.resources, wish)
  const plan = planContainerUpdate(next, changed)
  if (isLive(statusOf(dir))) {
    try {
      grow(dir, cgroupDirectories(record), updateCgroup(plan))
    } catch (error) {
      restore(record, wish)
      throw error
    }
  }
  containers.write(next)
  if (wish.restart) writePolicy(dir, wish.restart)
  recordEvent(containers.journal, next, 'update')
}

/** Processes that are there, and all that come (restarts, health checks), belong to the new directories too. */
const grow = (dir: HostPath, directories: readonly HostPath[], made: readonly HostPath[]): void => {
  if (made.length === 0) return
  for (const name of [stateFile.request, stateFile.healthRequest]) {
    const path = join(dir, name)
    if (existsSync(path)) atomicWrite(path, addCgroups(readFileSync(path), made))
  }
  const old = directories.find((directory) => existsSync(directory) && !made.includes(directory))
  if (old !== undefined) moveMembers(old, made)
}

/** Some limits may be written already when the kernel refuses one. */
const restore = (record: Container['record'], wish: UpdateWish): void => {
  try {
    updateCgroup(planContainerUpdate(record, changedResources(record.options.resources, wish)))
  } catch {
    // The first refusal is what is told.
  }
}

const lifeOf = ({ life }: ContainerOptions, { restart }: UpdateWish): Pick<ContainerOptions, 'life'> =>
  restart ? { life: { ...life, restart } } : {}

const goesAtTheEnd = (name: string): AppError =>
  new ContainerError(
    'bad-policy',
    `change the restart policy of ${name}: it is removed when it ends (--rm)`,
    {
      exitCode: exitCode.engine,
    },
  )

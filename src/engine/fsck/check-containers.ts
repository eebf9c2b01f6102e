import { lstatSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { type CountChecked, errnoOf, type Finding } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { randomName } from '../../foundation/sys/index.ts'
import {
  type ContainerStore,
  containerChecks,
  isContainerId,
  openContainerStore,
} from '../../runtime/container/index.ts'
import { snapshotChecks } from '../../store/snapshot/index.ts'

/** Milliseconds that a container may be in the making: its state is made before its record. */
const making = 60_000

/** Containers with a record, states without a container, names without a container. */
export const checkContainers = async (
  root: HostPath,
): Promise<(count: CountChecked) => Iterable<Finding>> => {
  const { isAbandonedDir, isDamaged, readRecord } = await containerChecks()
  const { readOwnedStack } = await snapshotChecks()
  const known = (id: string) => readRecord(join(root, 'containers', id))
  const containers = openContainerStore(root)
  const withoutRecord = (id: string): readonly Finding[] => {
    const directory = join(root, 'containers', id)
    if (isAbandonedDir(directory)) return [noContainer(containers, id)]
    return isDamaged(directory) ? [damaged(id)] : []
  }
  return function* check(count) {
    for (const id of namesIn(join(root, 'containers'))) {
      count()
      const record = known(id)
      const state = join(root, 'owned', id)
      if (!record) yield* withoutRecord(id)
      else if (readOwnedStack(state) === undefined && exists(state))
        yield {
          what: `container ${record.name}`,
          problem: 'has a file system that was never finished: remove the container',
          severity: 'damage',
        }
    }
    for (const id of namesIn(join(root, 'owned'))) {
      count()
      if (!exists(join(root, 'containers', id)) && isOld(join(root, 'owned', id)))
        yield leftover(root, `owned/${id}`, 'is the file system of a container that is gone')
    }
    for (const name of containers.orphanNames()) {
      count()
      yield {
        what: `container name ${name}`,
        problem: 'is that of a container that is gone',
        severity: 'leftover',
        repair: () => {
          containers.sweepNames()
          return 'free again'
        },
      }
    }
  }
}

/** Something may run in it, so it is not for us to drop it. */
const damaged = (id: string): Finding => ({
  what: `container ${id.slice(0, 12)}`,
  problem: `has a record that cannot be read: remove it with tsrun rm -f ${id.slice(0, 12)}`,
  severity: 'damage',
})

/** With its names and its file system. */
const noContainer = (containers: ContainerStore, id: string): Finding =>
  isContainerId(id)
    ? {
        what: `containers/${id}`,
        problem: 'holds no container',
        severity: 'leftover',
        repair: () => {
          containers.discardFiles(id)
          return 'dropped'
        },
      }
    : leftover(containers.root, `containers/${id}`, 'holds no container')

const leftover = (root: HostPath, place: string, problem: string): Finding => ({
  what: place,
  problem,
  severity: 'leftover',
  repair: () => {
    renameSync(join(root, place), join(root, 'trash', randomName()))
    return 'dropped'
  },
})

const exists = (path: HostPath): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

const isOld = (path: HostPath): boolean => {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found !== undefined && Date.now() - found.ctimeMs > making
}

const namesIn = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

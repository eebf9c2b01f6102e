import { lstatSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { type CountChecked, errnoOf, type Finding } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { randomName } from '../../foundation/sys/index.ts'
import { containerChecks } from '../../runtime/container/index.ts'
import { snapshotChecks } from '../../store/snapshot/index.ts'

/** Milliseconds that a container may be in the making: its state is made before its record. */
const making = 60_000

/** Containers with a record, states without a container, names without a container. */
export const checkContainers = async (
  root: HostPath,
): Promise<(count: CountChecked) => Iterable<Finding>> => {
  const { readRecord } = await containerChecks()
  const { readOwnedStack } = await snapshotChecks()
  const known = (id: string) => readRecord(join(root, 'containers', id))
  return function* check(count) {
    for (const id of namesIn(join(root, 'containers'))) {
      count()
      const record = known(id)
      const state = join(root, 'owned', id)
      if (!record) yield leftover(root, `containers/${id}`, 'holds no container')
      else if (readOwnedStack(state) === undefined && exists(state))
        yield {
          what: `container ${record.name}`,
          problem: 'has a file system that was never finished: remove the container',
          severity: 'damage',
        }
    }
    for (const id of namesIn(join(root, 'owned'))) {
      count()
      if (!known(id) && isOld(join(root, 'owned', id)))
        yield leftover(root, `owned/${id}`, 'is the file system of a container that is gone')
    }
  }
}

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

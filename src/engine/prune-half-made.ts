import { lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../foundation/errors/index.ts'
import type { HostPath } from '../foundation/oci/index.ts'
import { randomName } from '../foundation/sys/index.ts'
import { isContainerId, openContainerStore } from '../runtime/container/index.ts'
import type { Held } from '../store/snapshot/index.ts'

/**
 * Frees what commands that were killed left of containers: directories without a record with the names that they took, file systems
 * and names whose container is gone.
 * Whoever makes a container holds a lease; what is as new as the oldest one stays.
 */
export const dropHalfMade = (root: HostPath, held: Held): void => {
  const containers = openContainerStore(root)
  for (const id of namesIn(containers.directory)) {
    const directory = join(containers.directory, id)
    if (isThere(join(directory, 'container.json')) || !isOlder(directory, held)) continue
    if (isContainerId(id)) containers.discardFiles(id)
    else discard(root, join('containers', id), held)
  }
  containers.sweepNames()
  for (const id of namesIn(join(root, 'owned')))
    if (!isThere(join(root, 'containers', id))) discard(root, join('owned', id), held)
}

const discard = (root: HostPath, place: string, held: Held): void => {
  if (!isOlder(join(root, place), held)) return
  mkdirSync(join(root, 'trash'), { recursive: true, mode: 0o700 })
  renameSync(join(root, place), join(root, 'trash', randomName()))
}

const isOlder = (path: HostPath, held: Held): boolean => {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found !== undefined && found.ctimeMs < held.since
}

const isThere = (path: HostPath): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

const namesIn = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

import { lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../foundation/errors/index.ts'
import type { HostPath } from '../foundation/oci/index.ts'
import { randomName } from '../foundation/sys/index.ts'
import type { Held } from '../store/snapshot/index.ts'

/**
 * Frees what commands that were killed left of containers: directories without a record, and file systems whose container is gone.
 * Whoever makes a container holds a lease; what is as new as the oldest one stays.
 */
export const dropHalfMade = (root: HostPath, held: Held): void => {
  for (const id of namesIn(join(root, 'containers')))
    if (!isThere(join(root, 'containers', id, 'container.json'))) discard(root, join('containers', id), held)
  for (const id of namesIn(join(root, 'owned')))
    if (!isThere(join(root, 'containers', id))) discard(root, join('owned', id), held)
}

const discard = (root: HostPath, place: string, held: Held): void => {
  const found = lstatSync(join(root, place), { throwIfNoEntry: false })
  if (!found || found.ctimeMs >= held.since) return
  mkdirSync(join(root, 'trash'), { recursive: true, mode: 0o700 })
  renameSync(join(root, place), join(root, 'trash', randomName()))
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

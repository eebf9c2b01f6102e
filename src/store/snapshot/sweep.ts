import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { isAbandoned } from '../../foundation/sys/index.ts'
import type { StorePaths } from './store-paths.ts'
import { moveToTrash } from './trash.ts'

/** Work in progress of dead processes goes to the trash, their leases lapse. Owners are told by names; nothing is read. */
export const sweepAbandoned = (paths: StorePaths): void => {
  for (const directory of [paths.active, paths.ingest])
    for (const name of abandonedIn(directory)) moveToTrash(paths, join(directory, name))
  for (const name of abandonedIn(paths.leases)) rmSync(join(paths.leases, name), { force: true })
}

const abandonedIn = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory).filter(isAbandoned)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

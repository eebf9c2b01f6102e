import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { randomName } from '../../foundation/sys/index.ts'

/** Moves a directory to the trash, from where the next prune removes it. Nothing happens when it is gone already. */
export const moveAside = (dir: HostPath, trash: HostPath): void => {
  try {
    mkdirSync(trash, { recursive: true, mode: 0o700 })
    renameSync(dir, join(trash, randomName()))
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '../errors/index.ts'

/**
 * Makes a directory at a path that the user gave, with those above that are missing; one that is there stays as it is. Throws the
 * system's error. Node's own `recursive` never returns where the system answers ENOENT for good, as it does below /proc.
 */
export const makeDirectories = (path: string, mode = 0o777): void => {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    if (errnoOf(error) === 'EEXIST' && statSync(path).isDirectory()) return
    const above = dirname(path)
    if (errnoOf(error) !== 'ENOENT' || existsSync(above)) throw error
    makeDirectories(above, mode)
    mkdirSync(path, { mode })
  }
}

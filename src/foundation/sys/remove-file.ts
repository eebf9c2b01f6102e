import { unlinkSync } from 'node:fs'
import { errnoOf } from '../errors/index.ts'

/** Removes a file that may be gone already. fs.rmSync with `force` asks first what it is, and loads the removal of trees. */
export const removeFile = (path: string): void => {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

import { accessSync, constants } from 'node:fs'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'

/** Does the store at `root` lie on a file system that is mounted read-only? */
export const isReadOnly = (root: HostPath): boolean => {
  try {
    accessSync(root, constants.W_OK)
    return false
  } catch (error) {
    return errnoOf(error) === 'EROFS'
  }
}

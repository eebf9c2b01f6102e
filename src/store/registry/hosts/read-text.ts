import { readFileSync } from 'node:fs'
import { errnoOf } from '../../../foundation/errors/index.ts'
import type { HostPath } from '../../../foundation/oci/index.ts'
import { badHostsFile } from './bad-hosts-file.ts'

/** The text of a file, undefined when there is none. Throws `bad-hosts-file`. */
export const readText = (path: HostPath): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined
    throw badHostsFile(path, errno ?? 'it cannot be read', error)
  }
}

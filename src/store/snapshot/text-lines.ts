import { readFileSync } from 'node:fs'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'

/** The lines of a text file, the last of which may be torn; of one that is not there none with anything in it. */
export const textLines = (file: HostPath): readonly string[] => {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite, ownedName } from '../../foundation/sys/index.ts'
import { isLayerId } from './store-paths.ts'
import type { LayerId, Stack } from './types.ts'

/**
 * The stack that the state in `directory` stands on; undefined when there is no such state. It is written last, so a
 * directory without it was never finished.
 */
export const readOwnedStack = (directory: HostPath): Stack | undefined => {
  let text: string
  try {
    text = readFileSync(join(directory, 'stack'), 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
  const ids = text.split('\n').filter(isLayerId)
  return text.endsWith('\n.\n') ? ids : undefined
}

/** The dot at the end tells a whole file from a torn one, also for the empty stack. */
export const writeOwnedStack = (directory: HostPath, stack: readonly LayerId[]): void =>
  atomicWrite(join(directory, 'stack'), `${stack.join('\n')}\n.\n`)

/** A workdir that no mount has used: `volatile` ones cannot be mounted again. */
export const freshWork = (directory: HostPath): HostPath => {
  const work = join(directory, `work-${ownedName()}`)
  mkdirSync(work, { mode: 0o700 })
  return work
}

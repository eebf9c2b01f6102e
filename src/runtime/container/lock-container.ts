import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import { type Lock, tryLock } from '../../foundation/sys/index.ts'
import { ContainerError, noSuchContainer } from './errors.ts'
import type { Container } from './types.ts'

/** One command at a time changes a container. Throws `container-busy`, `no-such-container` when it was removed meanwhile. */
export const lockContainer = (container: Container): Lock => {
  const lock = lockFile(container)
  if (lock) return lock
  throw new ContainerError(
    'container-busy',
    `change container ${container.record.name}: another command is at it`,
    { hint: 'try again in a moment' },
  )
}

const lockFile = ({ dir, record }: Container): Lock | undefined => {
  try {
    return tryLock(join(dir, 'lock'))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw noSuchContainer(record.name)
    throw error
  }
}

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { SecretSource } from '../../build/ops/index.ts'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { BuildOptions } from './types.ts'

/** As BuildKit: larger ones are refused. */
const limit = 500 << 10

/**
 * The values of a build's secrets, read each time they are asked for: nothing keeps them in memory in between.
 * Throws `unreadable-secret`, `secret-too-large`; messages name the secret, never what is in it.
 */
export const secretSource =
  (secrets: BuildOptions['secrets']): SecretSource =>
  (id) => {
    const input = secrets?.get(id)
    if (input === undefined) return undefined
    const value = input.kind === 'value' ? Buffer.from(input.value) : readSecret(id, input.path)
    if (value.length > limit)
      throw new AppError(
        'secret-too-large',
        `read secret ${id}: it has more than ${limit} bytes, the most that is accepted`,
        { exitCode: exitCode.usage, hint: 'a bind mount of a file of the context has no such limit' },
      )
    return value
  }

/** At most one byte more than the limit. */
const readSecret = (id: string, path: HostPath): Buffer => {
  let fd: number | undefined
  try {
    fd = openSync(path, constants.O_RDONLY)
    if (fstatSync(fd).isDirectory()) throw unreadable(id, path, 'it is a directory')
    const value = Buffer.alloc(limit + 1)
    let size = 0
    for (let got = -1; got !== 0 && size < value.length; size += got)
      got = readSync(fd, value, size, value.length - size, null)
    return value.subarray(0, size)
  } catch (error) {
    throw error instanceof AppError ? error : unreadable(id, path, errnoOf(error) ?? String(error))
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

const unreadable = (id: string, path: HostPath, why: string): AppError =>
  new AppError('unreadable-secret', `read secret ${id} from ${path}: ${why}`, {
    exitCode: exitCode.usage,
    hint: `give a file that can be read: --secret id=${id},src=FILE`,
  })

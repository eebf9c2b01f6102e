import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'

/** The file of --cidfile. It goes again when nothing was written to it. */
export interface Cidfile extends Disposable {
  write(id: string): void
}

/**
 * Makes the file before there is a container that could be left without it. Throws `cidfile-exists` for any file of that name, a
 * link too; `cidfile-failed`. Undefined when none is wished.
 */
export const claimCidfile = (
  { cidfile }: { readonly cidfile?: string },
  { cwd }: Pick<CliContext, 'cwd'>,
): Cidfile | undefined => {
  if (cidfile === undefined || cidfile === '') return undefined
  const path = resolve(cwd, cidfile)
  const fd = create(path)
  let written = false
  return {
    write(id) {
      written = true
      attempt(path, () => writeSync(fd, id))
    },
    [Symbol.dispose]() {
      closeSync(fd)
      if (!written) rmSync(path, { force: true })
    },
  }
}

const create = (path: string): number => attempt(path, () => openSync(path, 'wx', 0o644))

const attempt = <T>(path: string, action: () => T): T => {
  try {
    return action()
  } catch (error) {
    const failed = `write the container's id to ${path}`
    if (errnoOf(error) !== 'EEXIST') {
      throw new AppError('cidfile-failed', `${failed}: ${errnoOf(error) ?? String(error)}`, {
        exitCode: exitCode.engine,
        hint: 'choose a file in a directory that exists',
        cause: error,
      })
    }
    throw new AppError('cidfile-exists', `${failed}: the file exists`, {
      exitCode: exitCode.engine,
      hint: 'remove it or choose another --cidfile',
      cause: error,
    })
  }
}

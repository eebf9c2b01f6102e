import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AppError, errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { IgnoreFile } from './ignore-rules.ts'
import { leadsOutside } from './leads-outside.ts'

/** Bytes. */
const limit = 16 << 20

/** `<Dockerfile>.dockerignore` beside the Dockerfile wins over `.dockerignore` in the context; undefined when there is neither. */
export const readIgnoreFile = (paths: {
  readonly directory: HostPath
  readonly dockerfile?: HostPath
}): IgnoreFile | undefined => {
  const own = paths.dockerfile === undefined ? undefined : `${paths.dockerfile}.dockerignore`
  for (const path of [own, join(paths.directory, '.dockerignore')]) {
    const text = path === undefined ? undefined : readText(path, [paths.directory, dirname(path)])
    if (path !== undefined && text !== undefined) return { file: basename(path), text }
  }
  return undefined
}

const readText = (path: HostPath, inside: readonly HostPath[]): string | undefined => {
  let fd: number | undefined
  try {
    if (leadsOutside(path, inside)) {
      throw new AppError('bad-ignore-file', `read ${path}: the link leads out of the build context`, {
        hint: 'put the file itself into the context',
      })
    }
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stats = fstatSync(fd)
    if (!stats.isFile() || stats.size > limit) {
      throw new AppError('bad-ignore-file', `read ${path}: expected a regular file of at most ${limit} bytes`)
    }
    return readFileSync(fd, 'utf8')
  } catch (error) {
    if (error instanceof AppError) throw error
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw new AppError('bad-ignore-file', `read ${path}: ${errnoOf(error) ?? 'failed'}`, { cause: error })
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

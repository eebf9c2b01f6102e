import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AppError, errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { IgnoreFile } from './ignore-rules.ts'
import { leadsOutside } from './leads-outside.ts'

/** Bytes. */
const limit = 16 << 20

export interface IgnoreWish {
  readonly directory: HostPath
  readonly dockerfile?: HostPath | undefined
}

export interface FoundIgnoreFile extends IgnoreFile {
  readonly path: HostPath
}

/** `<Dockerfile>.dockerignore` beside the Dockerfile wins over `.dockerignore` in the context. */
export const ignorePlaces = ({ directory, dockerfile }: IgnoreWish): readonly HostPath[] => [
  ...(dockerfile === undefined ? [] : [`${dockerfile}.dockerignore`]),
  join(directory, '.dockerignore'),
]

/** The first that is there; undefined when there is none. */
export const readIgnoreFile = (wish: IgnoreWish): FoundIgnoreFile | undefined => {
  for (const path of ignorePlaces(wish)) {
    const text = readText(path, [wish.directory, dirname(path)])
    if (text !== undefined) return { file: basename(path), text, path }
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

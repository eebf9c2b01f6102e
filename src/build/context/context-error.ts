import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { ContentProblem } from '../../foundation/filetree/index.ts'

/** A file of the context that cannot be read. `path` is relative to the context. */
export const unreadable = (action: string, path: string, cause: unknown): AppError => {
  const errno = errnoOf(cause)
  const why =
    errno === 'EACCES' || errno === 'EPERM'
      ? 'permission denied'
      : errno === 'ENOENT'
        ? 'it is gone'
        : (errno ?? 'failed')
  return new AppError('context-unreadable', `${action} ${shown(path)} of the build context: ${why}`, {
    exitCode: errno === 'EACCES' || errno === 'EPERM' ? exitCode.notPermitted : exitCode.failed,
    hint: 'make it readable, or exclude it with a line in .dockerignore',
    cause,
    details: { path, errno },
  })
}

/** A file that is not what it was when its digest was taken. */
export const changedMeanwhile = (path: string, found: string): AppError =>
  new AppError('context-changed', `read ${shown(path)} of the build context: ${found}`, {
    hint: 'the file was changed during the build; build again when nothing writes to the context',
    details: { path },
  })

/** A file whose bytes were to be taken from the context. */
export const contentRefused = (path: string, problem: ContentProblem): AppError => {
  switch (problem.kind) {
    case 'short':
      return changedMeanwhile(path, `expected ${problem.expected} bytes, found ${problem.found}`)
    case 'not-a-file':
      return changedMeanwhile(path, 'expected a regular file')
    case 'unreadable':
      return unreadable('read', path, Object.assign(new Error(problem.errno), { code: problem.errno }))
  }
}

export const noSuchFile = (path: string): AppError =>
  new AppError('no-such-file', `find ${shown(path)}: there is no such file`, { details: { path } })

const shown = (path: string): string => JSON.stringify(path === '' ? '.' : path)

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { leadsOutside } from '../../build/context/index.ts'
import { AppError, errnoOf, exitCode, suggest } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { fileKind } from './file-kind.ts'
import type { DockerfileSource } from './types.ts'

/** Bytes: larger than any Dockerfile a person wrote. */
export const dockerfileLimit = 4 << 20

export interface DockerfileWish {
  readonly contextDirectory: HostPath
  readonly file?: string | undefined
  readonly cwd: HostPath
}

/** Where it may lie; the first that is there is taken. */
export const dockerfilePlaces = ({ contextDirectory, file, cwd }: DockerfileWish): readonly HostPath[] =>
  file === undefined
    ? [join(contextDirectory, 'Dockerfile'), join(contextDirectory, 'dockerfile')]
    : [resolve(cwd, file), resolve(contextDirectory, file)]

/**
 * Reads the Dockerfile of a build: `file` (relative to the working directory, then to the context, as docker does), or
 * `Dockerfile` in the context. Throws `no-dockerfile`, `dockerfile-outside`,
 * `dockerfile-too-large`, `unreadable-dockerfile`.
 */
export const findDockerfile = (options: DockerfileWish): DockerfileSource => {
  const { contextDirectory, file, cwd } = options
  const path = dockerfilePlaces(options).find(isThere)
  if (path === undefined) throw noDockerfile(contextDirectory, file)
  return { text: readDockerfile(path, contextDirectory), name: shortName(path, cwd), path }
}

/** Something that may not be looked at is there, as far as this goes: reading it says why it cannot be read. */
const isThere = (path: HostPath): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return true
  }
}

/** The path as a person in `cwd` would write it. */
const shortName = (path: HostPath, cwd: HostPath): string => {
  const fromHere = relative(cwd, path)
  return fromHere.startsWith('..') ? path : fromHere
}

const readDockerfile = (path: HostPath, contextDirectory: HostPath): string => {
  try {
    if (leadsOutside(path, [contextDirectory, dirname(path)])) {
      throw new AppError('dockerfile-outside', `read ${path}: the link leads out of the build context`, {
        exitCode: exitCode.badDockerfile,
        hint: 'name the file itself with -f',
      })
    }
    const stat = statSync(path)
    if (!stat.isFile()) {
      throw new AppError('unreadable-dockerfile', `read ${path}: expected a file, found ${fileKind(stat)}`, {
        exitCode: exitCode.badDockerfile,
        hint: stat.isFIFO()
          ? 'read it from standard input: -f -'
          : 'name the Dockerfile with -f and the context as the last word: tsbuild -f Dockerfile.dev .',
      })
    }
    if (stat.size > dockerfileLimit) {
      throw new AppError(
        'dockerfile-too-large',
        `read ${path}: ${stat.size} bytes, at most ${dockerfileLimit} are accepted`,
        { exitCode: exitCode.badDockerfile },
      )
    }
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof AppError) throw error
    const errno = errnoOf(error)
    throw new AppError(
      'unreadable-dockerfile',
      `read ${path}: ${errno === 'EACCES' ? 'permission denied' : (errno ?? String(error))}`,
      {
        exitCode: exitCode.badDockerfile,
        ...(errno === 'EACCES' && { hint: 'run as root, or make the file and its directory readable' }),
        cause: error,
      },
    )
  }
}

const noDockerfile = (contextDirectory: HostPath, file: string | undefined): AppError => {
  const wanted = file ?? 'Dockerfile'
  let near: string | undefined
  try {
    const names = readdirSync(contextDirectory)
    near =
      suggest(wanted, names) ??
      names.find((name) => /^(dockerfile|containerfile)/i.test(name) && !name.endsWith('.dockerignore'))
  } catch {
    // The context's own absence is reported by whoever opens it.
  }
  return new AppError('no-dockerfile', `find the Dockerfile: there is no ${wanted} in ${contextDirectory}`, {
    exitCode: exitCode.badDockerfile,
    hint: near
      ? `there is ${near}: use -f ${join(relative('.', contextDirectory), near)}`
      : 'name it with -f, or give the directory it is in as the context',
  })
}

import { existsSync, lstatSync, mkdirSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { exitCode } from '../../../foundation/errors/index.ts'
import type { HostPath } from '../../../foundation/oci/index.ts'
import { shownUrl } from '../../source-url/index.ts'
import { RemoteError } from '../errors.ts'
import { type Git, runGit } from './run-git.ts'

export interface CheckoutRequest {
  /** The shared repository that has it. */
  readonly repository: HostPath
  readonly commit: string
  /** Tag or branch that it was asked for by, to be kept with the .git directory: its full name and the id of its object. */
  readonly ref?: { readonly id: string; readonly name: string }
  readonly subdir?: string
  readonly keepGitDir: boolean
  readonly submodules: boolean
  /** New directory for it. */
  readonly directory: HostPath
}

/**
 * Writes the files of a commit into a new directory and returns the directory that was asked for, which is it or one in
 * it. Throws `no-subdirectory`, `git-failed`.
 */
export const checkOut = async (git: Git, request: CheckoutRequest): Promise<HostPath> => {
  const { directory, commit, submodules } = request
  mkdirSync(directory, { mode: 0o700 })
  await runGit(git, ['init', '--quiet', '--', directory], { cwd: directory })
  const keeps = request.keepGitDir && request.subdir === undefined
  if (keeps) await copyObjects(git, request)
  // Otherwise they are borrowed for the moment.
  const env = { ...(keeps ? {} : { GIT_ALTERNATE_OBJECT_DIRECTORIES: join(request.repository, 'objects') }) }
  await runGit(git, ['checkout', '--quiet', '--force', '--detach', commit, '--'], {
    cwd: directory,
    local: true,
    env,
  })
  if (submodules && existsSync(join(directory, '.gitmodules'))) await updateSubmodules(git, directory, env)
  if (keeps) await runGit(git, ['config', 'remote.origin.url', git.remote], { cwd: directory })
  else rmSync(join(directory, '.git'), { recursive: true, force: true })
  return request.subdir === undefined ? directory : subdirectory(git, directory, request.subdir)
}

/** By git's own protocol, not by links to files of the shared repository. */
const copyObjects = async (
  git: Git,
  { repository, commit, directory, ref }: CheckoutRequest,
): Promise<void> => {
  const spec = ref === undefined ? commit : `${ref.id}:${ref.name}`
  const source = pathToFileURL(repository).href
  await runGit(git, ['fetch', '--quiet', '--depth=1', '--no-tags', '--', source, spec], {
    cwd: directory,
    local: true,
  })
  rmSync(join(directory, '.git/FETCH_HEAD'), { force: true })
}

/** Their addresses may be relative to that of the repository. */
const updateSubmodules = async (
  git: Git,
  directory: HostPath,
  env: Readonly<Record<string, string>>,
): Promise<void> => {
  await runGit(git, ['config', 'remote.origin.url', git.remote], { cwd: directory })
  await runGit(git, ['submodule', '--quiet', 'update', '--init', '--recursive', '--depth=1'], {
    cwd: directory,
    env,
  })
}

/** Links on the way are followed as long as they stay in the repository. */
const subdirectory = (git: Git, directory: HostPath, subdir: string): HostPath => {
  const root = realpathSync(directory)
  let real: HostPath | undefined
  try {
    real = realpathSync(join(root, subdir))
  } catch {
    real = undefined
  }
  const isInside = real !== undefined && (real === root || real.startsWith(`${root}/`))
  if (real !== undefined && isInside && lstatSync(real).isDirectory()) return real
  throw new RemoteError('no-subdirectory', `fetch ${shownUrl(git.remote)}: it has no directory ${subdir}`, {
    exitCode: exitCode.failed,
    ...(real !== undefined && !isInside
      ? { hint: 'there is a link of that name, which leads out of the repository' }
      : {}),
  })
}

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { exitCode } from '../../../foundation/errors/index.ts'
import type { HostPath } from '../../../foundation/oci/index.ts'
import { ownedName } from '../../../foundation/sys/index.ts'
import { shownUrl } from '../../source-url/index.ts'
import { RemoteError } from '../errors.ts'
import type { RemoteEnvironment } from '../types.ts'
import { checkOut } from './checkout.ts'
import { type ResolvedRef, resolveRef } from './resolve-ref.ts'
import { type Git, gitFor, runGit } from './run-git.ts'
import { fetchCommit, openShared, type SharedRepository } from './shared-repository.ts'

/** What is wanted of a repository. */
export interface GitSource {
  /** See `GitUrl` of build/source-url. */
  readonly remote: string
  readonly ref?: string
  readonly subdir?: string
  readonly checksum?: string
  readonly keepGitDir: boolean
  readonly submodules?: boolean
}

/** A commit that a ref was found to be. */
export interface GitCommit extends ResolvedRef {
  readonly commit: string
}

/** Files of a commit on disk until it is disposed. */
export interface GitTree extends Disposable {
  readonly directory: HostPath
  /** Of the commit, seconds since the epoch. */
  readonly committed: number
}

/**
 * Finds the commit, asking the server unless the source names a whole commit id. Throws `no-git`, `git-failed`,
 * `ref-not-found`, `checksum-mismatch`.
 */
export const resolveGit = async (
  source: GitSource,
  environment: RemoteEnvironment,
  signal: AbortSignal,
): Promise<GitCommit> => {
  const git = gitFor(source.remote, environment, signal)
  const resolved = await resolveRef(git, source.ref)
  if (resolved.commit !== undefined) return checked(source, { ...resolved, commit: resolved.commit })
  using repository = await openShared(git)
  return checked(source, { commit: await fetchCommit(git, repository, resolved, source.ref) })
}

const checked = (source: GitSource, found: GitCommit): GitCommit => {
  const { checksum, remote } = source
  if (checksum === undefined || found.commit.startsWith(checksum) || found.tag?.startsWith(checksum))
    return found
  throw new RemoteError(
    'checksum-mismatch',
    `fetch ${shownUrl(remote)}: ${source.ref ?? 'HEAD'} is commit ${found.commit}, expected ${checksum}`,
    { exitCode: exitCode.failed, hint: 'the branch or tag has moved, or the checksum is wrong' },
  )
}

/** Fetches a commit and writes its files to a staged directory. Throws `git-failed`, `no-subdirectory`. */
export const fetchGit = async (
  source: GitSource,
  found: GitCommit,
  environment: RemoteEnvironment,
  signal: AbortSignal,
): Promise<GitTree> => {
  const git = gitFor(source.remote, environment, signal)
  const staged = join(environment.stage, ownedName())
  const remove = (): void => rmSync(staged, { recursive: true, force: true })
  using repository = await openShared(git)
  try {
    await fetchCommit(git, repository, found, source.ref)
    const { tag, name } = found
    const directory = await checkOut(git, {
      repository: repository.path,
      commit: found.commit,
      ...(name !== undefined && /^refs\/(heads|tags)\//.test(name)
        ? { ref: { id: tag ?? found.commit, name } }
        : {}),
      ...(source.subdir === undefined ? {} : { subdir: source.subdir }),
      keepGitDir: source.keepGitDir,
      submodules: source.submodules !== false,
      directory: staged,
    })
    const committed = await timeOf(git, repository, found.commit)
    return { directory, committed, [Symbol.dispose]: remove }
  } catch (error) {
    remove()
    throw error
  }
}

/** When a commit was made, in seconds since the epoch: from the repository of earlier fetches, if it is there. Throws `git-failed`. */
export const commitTime = async (
  source: GitSource,
  found: GitCommit,
  environment: RemoteEnvironment,
  signal: AbortSignal,
): Promise<number> => {
  const git = gitFor(source.remote, environment, signal)
  using repository = await openShared(git)
  await fetchCommit(git, repository, found, source.ref)
  return await timeOf(git, repository, found.commit)
}

const timeOf = async (git: Git, { path }: SharedRepository, commit: string): Promise<number> => {
  const time = await runGit(git, ['show', '--no-patch', '--format=%ct', commit, '--'], {
    cwd: path,
    local: true,
  })
  return Number(time.trim())
}

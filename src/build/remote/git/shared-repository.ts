import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../../foundation/errors/index.ts'
import { digestOf, type HostPath, hexOf } from '../../../foundation/oci/index.ts'
import { acquireLock, type Lock, ownedName } from '../../../foundation/sys/index.ts'
import { notFound, type ResolvedRef } from './resolve-ref.ts'
import { type Git, gitFailed, runGit, tryGit } from './run-git.ts'

/** A bare repository that keeps what was fetched from one remote, so that the next commit costs only the difference. */
export interface SharedRepository extends Disposable {
  readonly path: HostPath
}

/** Milliseconds that a fetch of another process may take. */
const lockTimeout = 3_600_000

/** Opens, or makes, the repository of a remote and locks it until it is disposed. Its name tells nothing of the remote. */
export const openShared = async (git: Git): Promise<SharedRepository> => {
  const { repositories } = git.environment
  mkdirSync(repositories, { recursive: true, mode: 0o700 })
  const name = hexOf(digestOf(git.remote)).slice(0, 32)
  const path = join(repositories, `${name}.git`)
  const lock: Lock = await acquireLock(join(repositories, `${name}.lock`), {
    timeout: lockTimeout,
    signal: git.signal,
  })
  try {
    if (!existsSync(path)) await makeBare(git, path)
    // Left by a fetch that was killed: nobody else is here.
    for (const leftover of ['shallow.lock', 'packed-refs.lock']) rmSync(join(path, leftover), { force: true })
  } catch (error) {
    lock.release()
    throw error
  }
  return { path, [Symbol.dispose]: lock.release }
}

/** Appears whole. */
const makeBare = async (git: Git, path: HostPath): Promise<void> => {
  const fresh = join(git.environment.repositories, ownedName())
  try {
    await runGit(git, ['init', '--quiet', '--bare', '--', fresh], { cwd: git.environment.repositories })
    renameSync(fresh, path)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error
  }
}

/**
 * Brings the commit that `resolved` names into the repository, and returns its whole id. What is there already is not
 * fetched. Throws `ref-not-found`, `git-failed`.
 */
export const fetchCommit = async (
  git: Git,
  { path }: SharedRepository,
  resolved: ResolvedRef,
  ref: string | undefined,
): Promise<string> => {
  const { commit, name, tag } = resolved
  if (commit === undefined) return expandCommit(git, path, ref ?? '')
  const wanted = tag ?? commit
  if (await has(git, path, wanted)) return commit
  const shallow = await fetch(git, path, ['--depth=1'], `${wanted}:refs/tsbuild/${commit}`)
  if (shallow.status === 0) return commit
  // An old server gives out only what a name leads to; the name may have moved on since it was asked for.
  if (name !== undefined) await fetch(git, path, ['--depth=1'], `${name}:refs/tsbuild/${commit}`)
  if (await has(git, path, wanted)) return commit
  const all = await fetchAll(git, path)
  if (await has(git, path, wanted)) return commit
  if (all.status !== 0) throw gitFailed(git, all)
  throw notFound(git, ref ?? commit)
}

const fetch = (
  git: Git,
  path: HostPath,
  options: readonly string[],
  refspec: string,
): ReturnType<typeof tryGit> =>
  tryGit(git, ['fetch', '--quiet', '--no-tags', '--force', ...options, '--', git.remote, refspec], {
    cwd: path,
  })

const fetchAll = (git: Git, path: HostPath): ReturnType<typeof tryGit> => {
  const depth = existsSync(join(path, 'shallow')) ? ['--unshallow'] : []
  const specs = ['refs/heads/*:refs/tsbuild/heads/*', 'refs/tags/*:refs/tsbuild/tags/*']
  return tryGit(
    git,
    ['fetch', '--quiet', '--no-tags', '--force', '--prune', ...depth, '--', git.remote, ...specs],
    {
      cwd: path,
    },
  )
}

/** The commit itself, with its files. */
const has = async (git: Git, path: HostPath, id: string): Promise<boolean> =>
  (await tryGit(git, ['rev-parse', '--quiet', '--verify', `${id}^{tree}`], { cwd: path })).status === 0

const expandCommit = async (git: Git, path: HostPath, prefix: string): Promise<string> => {
  const find = async (): Promise<string | undefined> => {
    const found = await tryGit(git, ['rev-parse', '--quiet', '--verify', `${prefix}^{commit}`], { cwd: path })
    return found.status === 0 ? found.stdout.toString('utf8').trim() : undefined
  }
  const all = await fetchAll(git, path)
  if (all.status !== 0) throw gitFailed(git, all)
  const commit = await find()
  if (commit === undefined) throw notFound(git, prefix)
  return commit
}

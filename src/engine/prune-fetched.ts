import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../foundation/errors/index.ts'
import type { HostPath } from '../foundation/oci/index.ts'
import { isAbandoned, randomName, tryLock } from '../foundation/sys/index.ts'

/**
 * Forgets what builds have learned of servers: shared git repositories go to the trash, unless a build is fetching into them, and
 * the next request for a URL is a whole one.
 */
export const dropFetched = (root: HostPath): void => {
  const git = join(root, 'git')
  for (const name of namesIn(git)) {
    if (isAbandoned(name)) discard(root, join(git, name))
    else if (name.endsWith('.git')) dropRepository(root, join(git, name))
  }
  rmSync(join(root, 'records/urls'), { recursive: true, force: true })
}

const dropRepository = (root: HostPath, path: HostPath): void => {
  using lock = tryLock(path.replace(/\.git$/, '.lock'))
  if (lock) discard(root, path)
}

const discard = (root: HostPath, path: HostPath): void => {
  mkdirSync(join(root, 'trash'), { recursive: true, mode: 0o700 })
  renameSync(path, join(root, 'trash', randomName()))
}

const namesIn = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

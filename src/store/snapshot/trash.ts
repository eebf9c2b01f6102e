import { lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { randomName } from '../../foundation/sys/index.ts'
import { storeFailure } from '../content/index.ts'
import type { StorePaths } from './store-paths.ts'

/**
 * Renames `path` into the trash: one system call, however large it is. Returns where it lies now, undefined when it
 * did not exist (or another process was faster).
 */
export const moveToTrash = (paths: StorePaths, path: HostPath): HostPath | undefined => {
  const target = join(paths.trash, randomName())
  for (const attempt of [1, 2]) {
    try {
      renameSync(path, target)
      return target
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw storeFailure(`remove ${path}`, error)
      if (attempt === 1) mkdirSync(paths.trash, { recursive: true, mode: 0o700 })
    }
  }
  return undefined
}

/** What has lain in the trash for `minAge` milliseconds: a rename sets the time of change. */
export const trashOlderThan = (paths: StorePaths, minAge: number): readonly HostPath[] =>
  trashed(paths).filter(isOlderThan(minAge))

/** Is there any such thing? */
export const hasTrashOlderThan = (paths: StorePaths, minAge: number): boolean =>
  trashed(paths).some(isOlderThan(minAge))

/** So many files are gone sooner than a process for them is started. */
const few = 8

/** Removes files and directories with few files (layers that were never unpacked) where there are few of them; what is left. */
export const withoutSmall = (paths: readonly HostPath[]): readonly HostPath[] =>
  paths.length > few ? paths : paths.filter((path) => !removeSmall(path))

const removeSmall = (path: HostPath): boolean => {
  try {
    if (!lstatSync(path).isDirectory()) {
      unlinkSync(path)
      return true
    }
    const entries = readdirSync(path, { withFileTypes: true })
    if (entries.length > few || entries.some((entry) => !entry.isFile())) return false
    for (const { name } of entries) unlinkSync(join(path, name))
    rmdirSync(path)
    return true
  } catch {
    // Another process was faster, or it cannot be removed: the helper finds out, and says why.
    return false
  }
}

const trashed = (paths: StorePaths): readonly HostPath[] =>
  ifThere(() => readdirSync(paths.trash), []).map((name) => join(paths.trash, name))

const isOlderThan = (minAge: number): ((path: HostPath) => boolean) => {
  const now = Date.now()
  return (path) => {
    if (minAge <= 0) return true
    const since = ifThere(() => lstatSync(path).ctimeMs, undefined)
    return since !== undefined && now - since >= minAge
  }
}

/** Another process may empty the trash too. */
const ifThere = <T>(look: () => T, otherwise: T): T => {
  try {
    return look()
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return otherwise
  }
}

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { isAbandoned, ownedName, randomName } from '../../foundation/sys/index.ts'

/** Everything here is done by the holder of the cache's lock. */

/** One of the directories of a cache; there are several after private use by several steps at once. */
export interface Instance {
  readonly directory: HostPath
  readonly users: 'none' | 'shared' | 'exclusive'
  /** Milliseconds since the epoch. */
  readonly lastUsed: number
}

/** Whole ones, in the order in which they were made; users that are gone do not count. */
export const instancesOf = (cache: HostPath): readonly Instance[] =>
  namesIn(cache)
    .filter((name) => /^\d{1,9}$/.test(name))
    .sort((a, b) => Number(a) - Number(b))
    .map((name) => {
      const directory = join(cache, name)
      return { directory, users: usersOf(directory), lastUsed: lstatSync(join(directory, 'users')).mtimeMs }
    })

/** The users of an instance are files whose names say which process they belong to. */
const usersOf = (directory: HostPath): Instance['users'] => {
  let found: Instance['users'] = 'none'
  for (const name of namesIn(join(directory, 'users'))) {
    const [owner = '', kind] = name.split('.')
    if (isAbandoned(owner)) rmSync(join(directory, 'users', name), { force: true })
    else if (kind === 'exclusive') return 'exclusive'
    else found = 'shared'
  }
  return found
}

/** Adds this process to the users. Returns what takes it away again. */
export const use = ({ directory }: Pick<Instance, 'directory'>, exclusive: boolean): (() => void) => {
  const users = join(directory, 'users')
  const mark = join(users, `${ownedName()}.${exclusive ? 'exclusive' : 'shared'}`)
  writeFileSync(mark, '', { mode: 0o600, flag: 'wx' })
  return () => {
    rmSync(mark, { force: true })
    // The time of the directory is when the cache was last used; it may be gone with the whole store.
    if (existsSync(users)) utimesSync(users, new Date(), new Date())
  }
}

/** A new instance, filled under a name that says who is at it, and renamed when it is whole. */
export const addInstance = (
  cache: HostPath,
  fill: (directory: HostPath) => void,
): Pick<Instance, 'directory'> => {
  const staged = join(cache, `new-${ownedName()}`)
  mkdirSync(join(staged, 'tree'), { recursive: true, mode: 0o700 })
  mkdirSync(join(staged, 'users'), { mode: 0o700 })
  fill(join(staged, 'tree'))
  const last = instancesOf(cache).at(-1)
  const number = last === undefined ? 0 : Number(last.directory.slice(cache.length + 1)) + 1
  const directory = join(cache, String(number))
  renameSync(staged, directory)
  return { directory }
}

/** What processes that died while they filled an instance have left. */
export const halfMade = (cache: HostPath): readonly HostPath[] =>
  namesIn(cache)
    .filter((name) => name.startsWith('new-') && isAbandoned(name.slice('new-'.length)))
    .map((name) => join(cache, name))

/** Renames into the trash of the store: one system call, however large it is. */
export const discard = (trash: HostPath, path: HostPath): void => {
  mkdirSync(trash, { recursive: true, mode: 0o700 })
  renameSync(path, join(trash, randomName()))
}

export const namesIn = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

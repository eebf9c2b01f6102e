import { chmodSync, lstatSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CountChecked, errnoOf, type Finding } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { storeDirectories } from '../../store/snapshot/index.ts'

/** Those that come again with their first use may be missing. */
const optional = ['cache', 'cache-mounts', 'context', 'git', 'records', 'volumes']
const needed = ['layers', ...storeDirectories.filter((name) => !optional.includes(name))]

/** The version file and the directories of the store: are they there, and closed to others? */
export function* checkDirectories(root: HostPath, count: CountChecked): Generator<Finding> {
  count()
  const version = versionOf(root)
  if (version !== '1')
    yield { what: 'file version', problem: `says ${JSON.stringify(version)}, not 1`, severity: 'damage' }
  for (const name of ['', ...needed, ...optional]) {
    const path = join(root, name)
    const what = name === '' ? 'the store' : `directory ${name}`
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (!found) {
      if (needed.includes(name)) yield missing(what, path)
      continue
    }
    count()
    if (!found.isDirectory()) yield { what, problem: 'is no directory', severity: 'damage' }
    else if ((found.mode & 0o077) !== 0) yield open(what, path, found.mode)
  }
}

const versionOf = (root: HostPath): string | undefined => {
  try {
    return readFileSync(join(root, 'version'), 'utf8').trim().slice(0, 40)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const missing = (what: string, path: HostPath): Finding => ({
  what,
  problem: 'is missing',
  severity: 'damage',
  repair: () => {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return 'made'
  },
})

/** Below a store that is closed nothing can be reached; it is closed twice all the same. */
const open = (what: string, path: HostPath, mode: number): Finding => ({
  what,
  problem: `is open to other users (mode 0${(mode & 0o7777).toString(8)})`,
  severity: 'damage',
  repair: () => {
    chmodSync(path, 0o700)
    return 'closed'
  },
})

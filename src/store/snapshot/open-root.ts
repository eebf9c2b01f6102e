import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { isReadOnly, storeFailure } from '../content/index.ts'
import { SnapshotError } from './errors.ts'
import { type StorePaths, storePaths } from './store-paths.ts'
import { sweepAbandoned } from './sweep.ts'
import { dropTorn, hasTorn } from './volatile.ts'

/** Layout version that this program writes and reads. */
const layoutVersion = 1

/** What a new store has, below its root; each is closed to others. */
export const storeDirectories: readonly string[] = [
  'content/blobs/sha256',
  'content/ingest',
  'layers/empty',
  'active',
  'owned',
  'merged',
  'leases',
  'volatile',
  'records/layers',
  'records/diffids',
  'context',
  'cache',
  'containers',
  'trash',
]

/**
 * Opens the store at `root`, making its directories (0700) when there is none, and tidies up after processes that
 * died and boots that ended: a handful of directory listings when there is nothing to do. Errors: `store-too-new`,
 * `store-foreign` (a directory with other things in it), `store-denied`, `store-io`.
 */
export const openStoreRoot = (root: HostPath): HostPath => {
  const paths = storePaths(root)
  try {
    const version = readVersion(paths)
    if (version === undefined) create(paths)
    else checkVersion(root, version)
    closeToOthers(root)
    tidy(paths)
  } catch (error) {
    throw denied(root, error) ?? storeFailure(`open store ${root}`, error)
  }
  return root
}

/** What a store has besides, once it is used. */
const laterNames = ['cache-mounts', 'events', 'events.1', 'git', 'prune.lock', 'version', 'volumes']

/** Undefined where there is none, or where a power cut has left an empty file of it: it is not waited for. */
const readVersion = (paths: StorePaths): string | undefined => {
  try {
    const text = readFileSync(paths.version, 'utf8').replace(/^\0+$/, '').trim()
    return text === '' ? undefined : text
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const checkVersion = (root: HostPath, text: string): void => {
  const version = /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined
  if (version === layoutVersion) return
  if (version === undefined || version < layoutVersion) {
    throw new SnapshotError(
      'store-foreign',
      `open store ${root}: its version file says ${JSON.stringify(text.slice(0, 40))}, expected ${layoutVersion}`,
      {
        hint: `choose another directory with --root; if this is a store of tsbuild all the same, remove that file`,
      },
    )
  }
  throw new SnapshotError(
    'store-too-new',
    `open store ${root}: it has layout version ${version}, this program knows ${layoutVersion}`,
    { hint: 'use a newer tsbuild, or another store with --root' },
  )
}

/** On a file system that is mounted read-only there is nothing to tidy up, unless what a power cut may have torn would be believed. */
const tidy = (paths: StorePaths): void => {
  try {
    sweepAbandoned(paths)
    dropTorn(paths)
  } catch (error) {
    if (!isReadOnly(paths.root)) throw error
    if (!hasTorn(paths)) return
    throw new SnapshotError(
      'store-denied',
      `open store ${paths.root}: the machine stopped while it was written to, and it cannot be put right: it is mounted read-only`,
      {
        exitCode: exitCode.notPermitted,
        cause: error,
        hint: 'open it once where it can be written to, with `tsbuild images`',
      },
    )
  }
}

/** The version file comes last: with it, everything else is there. Several processes may do this at once. */
const create = (paths: StorePaths): void => {
  refuseForeign(paths.root)
  for (const directory of storeDirectories) makeDirectory(join(paths.root, directory))
  atomicWrite(paths.version, `${layoutVersion}\n`)
}

/** With its parents. Node's own recursive mkdir never returns where the kernel says ENOENT for good, as below /proc. */
const makeDirectory = (path: HostPath): void => {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return
    if (errnoOf(error) !== 'ENOENT' || existsSync(dirname(path))) throw error
    makeDirectory(dirname(path))
    makeDirectory(path)
  }
}

const refuseForeign = (root: HostPath): void => {
  const known = new Set([...laterNames, ...storeDirectories.map((path) => path.split('/')[0])])
  const foreign = listOrNothing(root).find(
    (name) => !known.has(name) && name !== 'lost+found' && !name.endsWith('.tmp'),
  )
  if (foreign === undefined) return
  throw new SnapshotError(
    'store-foreign',
    `create store ${root}: the directory is not empty, it has ${JSON.stringify(foreign)}`,
    { hint: 'choose an empty or new directory with --root' },
  )
}

const listOrNothing = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

/** Layers have set-uid files: no other user may reach them (CVE-2021-41091). */
const closeToOthers = (root: HostPath): void => {
  const { mode, uid } = statSync(root)
  if (uid !== process.geteuid?.()) {
    throw new SnapshotError('store-foreign', `open store ${root}: the directory belongs to user ${uid}`, {
      exitCode: exitCode.notPermitted,
      hint: 'its owner could change images and run their set-uid files: choose a directory of your own with --root',
    })
  }
  if ((mode & 0o077) !== 0) chmodSync(root, 0o700)
}

const denied = (root: HostPath, error: unknown): SnapshotError | undefined => {
  const errno = errnoOf(error)
  return errno === 'EACCES' || errno === 'EPERM' || errno === 'EROFS'
    ? new SnapshotError('store-denied', `open store ${root}: ${errno}`, {
        exitCode: exitCode.notPermitted,
        cause: error,
        hint: 'run as root, or choose a store of your own with --root',
      })
    : undefined
}

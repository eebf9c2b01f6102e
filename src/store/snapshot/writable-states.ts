import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { RootMount } from '../../foundation/native/index.ts'
import { ownedName } from '../../foundation/sys/index.ts'
import { storeFailure } from '../content/index.ts'
import type { LayerEntry } from '../layer/index.ts'
import type { Driver, WritableState } from './driver.ts'
import { SnapshotError } from './errors.ts'
import { readOwnedStack, writeOwnedStack } from './owned-state.ts'
import { ownedPath, type StorePaths } from './store-paths.ts'
import { moveToTrash } from './trash.ts'
import type { ActiveSnapshot, LayerId, Stack, TreesSeen } from './types.ts'

/** A state of this process: its directory's name is its lease. */
export const prepareActive = async (
  paths: StorePaths,
  driver: Driver,
  stack: Stack,
  { signal, seen }: { readonly signal: AbortSignal | undefined; readonly seen: TreesSeen | undefined },
): Promise<ActiveSnapshot> => {
  const directory = join(paths.active, ownedName())
  const root = await startIn(paths, driver, { directory, stack }, signal, seen)
  let live = true
  const end = (): void => {
    live = false
    moveToTrash(paths, directory)
  }
  return {
    root,
    async commit(options = {}) {
      if (!live)
        throw new SnapshotError('snapshot-ended', 'commit snapshot: it was committed or discarded before')
      const id = await driver.finish({ directory, stack }, options)
      end()
      return id
    },
    async discard() {
      if (live) end()
    },
  }
}

/** The state that container `id` owns: as it was left, or new. It is made under a name of this process first. */
export const prepareOwned = async (
  paths: StorePaths,
  driver: Driver,
  state: { readonly id: string; readonly stack: Stack },
  signal?: AbortSignal,
): Promise<RootMount> => {
  const directory = ownedPath(paths, state.id)
  const known = readOwnedStack(directory)
  if (!known) await makeOwned(paths, driver, state, signal)
  return driver.resume(directory, known ?? state.stack, signal)
}

/** `SnapshotStore.ensureOwned` */
export const ensureOwned = async (
  paths: StorePaths,
  driver: Driver,
  state: { readonly id: string; readonly stack: Stack },
): Promise<void> => {
  if (!readOwnedStack(ownedPath(paths, state.id))) await makeOwned(paths, driver, state)
}

const makeOwned = async (
  paths: StorePaths,
  driver: Driver,
  state: { readonly id: string; readonly stack: Stack },
  signal?: AbortSignal,
): Promise<void> => {
  const fresh = join(paths.active, ownedName())
  await startIn(paths, driver, { directory: fresh, stack: state.stack }, signal)
  writeOwnedStack(fresh, state.stack)
  try {
    renameSync(fresh, ownedPath(paths, state.id))
  } catch (error) {
    moveToTrash(paths, fresh)
    if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST')
      throw storeFailure(`make the file system of container ${state.id}`, error)
  }
}

export const captureOwned = (paths: StorePaths, driver: Driver, id: string): Promise<LayerId> =>
  driver.capture(ownedState(paths, id))

export const changesOfOwned = (paths: StorePaths, driver: Driver, id: string): readonly LayerEntry[] =>
  driver.changes(ownedState(paths, id))

const ownedState = (paths: StorePaths, id: string): WritableState => {
  const directory = ownedPath(paths, id)
  const stack = readOwnedStack(directory)
  if (stack) return { directory, stack }
  throw new SnapshotError(
    'snapshot-not-found',
    `read the changes of container ${id}: it has no file system in this store`,
    {
      hint: 'the container was removed, or belongs to another store',
    },
  )
}

export const removeOwned = (paths: StorePaths, id: string): void => {
  moveToTrash(paths, ownedPath(paths, id))
}

const startIn = async (
  paths: StorePaths,
  driver: Driver,
  state: WritableState,
  signal?: AbortSignal,
  seen?: TreesSeen,
): Promise<RootMount> => {
  signal?.throwIfAborted()
  try {
    mkdirSync(state.directory, { mode: 0o700 })
    return await driver.start(state, signal, seen)
  } catch (error) {
    moveToTrash(paths, state.directory)
    throw errnoOf(error) === undefined ? error : storeFailure('prepare snapshot', error)
  }
}

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, exitCode, suggest } from '../../foundation/errors/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { ownedPath, storePaths } from '../../store/snapshot/index.ts'
import { endAbandonedStart } from './abandoned-start.ts'
import { type ContainerId, isContainerId } from './container-id.ts'
import { type ContainerNames, openContainerNames } from './container-names.ts'
import { isAbandonedDir, isDamaged } from './damaged-container.ts'
import { ContainerError, damaged, noSuchContainer } from './errors.ts'
import { moveAside } from './move-aside.ts'
import { reapContainer } from './reap.ts'
import { readRecord, stateFile } from './state-files.ts'
import { statusOf } from './status.ts'
import type { Container, ContainerRecord } from './types.ts'

/** The containers of a store: directories, names and records. Nothing is kept in memory between calls. */
export interface ContainerStore {
  /** Of the store that they belong to. */
  readonly root: HostPath
  readonly directory: HostPath
  readonly trash: HostPath
  /** Where events are written to. */
  readonly journal: HostPath
  /** Where a container's own changes lie (`SnapshotStore.prepareFor`). */
  ownedDirOf(id: ContainerId): HostPath
  /** Directory of a container, whether it exists or not. */
  dirOf(id: ContainerId): HostPath
  /**
   * Takes `name`, or a random one when it is undefined, and makes the directory. Throws `bad-container-name`, `name-in-use`.
   */
  claimName(id: ContainerId, name: string | undefined): string
  releaseName(id: ContainerId, name: string): void
  /** Makes the container visible, or replaces its record. Throws `no-such-container` when it was removed meanwhile. */
  write(record: ContainerRecord): Container
  /** The new name is taken before the old one is given up. Throws as `claimName`. */
  rename(container: Container, name: string): void
  /** By name, id, or a prefix of an id that only one has. Throws `no-such-container`, `ambiguous-container`. */
  find(text: string): Container
  /** Which container has this name; it may be just being made, or gone. */
  idOfName(name: string): ContainerId | undefined
  /** Is it there, in any state? */
  has(id: ContainerId): boolean
  /** Newest first. */
  list(): readonly Container[]
  /** Those that have a directory but no record that can be read: only their removal is possible. `sound` ones are not looked at. */
  damaged(sound?: readonly Container[]): readonly ContainerId[]
  /** Frees the name and moves what the container has on the disk to the trash; the caller has stopped it. */
  discard(container: Container): void
  /** The same for one whose record cannot be read, or was never written. */
  discardFiles(id: ContainerId): void
  /** Names that are taken by containers which are not there: commands that were killed left them. */
  orphanNames(): readonly string[]
  sweepNames(): void
}

export const openContainerStore = (root: HostPath): ContainerStore => {
  const directory = join(root, 'containers')
  const trash = join(root, 'trash')
  const nameDir = join(root, 'records/container-names')
  const dirOf = (id: ContainerId): HostPath => join(directory, id)
  const names = openContainerNames(nameDir, dirOf)
  const load = (id: ContainerId): Container | undefined => {
    const dir = dirOf(id)
    const record = readRecord(dir)
    if (record?.id !== id) return void sweepUnfinished(id)
    const container = { record, dir, status: statusOf(dir) }
    endAbandonedStart(container)
    return container.status.kind === 'dead' ? bury(container) : container
  }
  /** Its monitor was killed: what that would have done is done now. */
  const bury = (container: Container): Container | undefined => {
    reapContainer(container)
    if (!container.record.options.autoRemove) return { ...container, status: statusOf(container.dir) }
    discard(container)
    return undefined
  }
  const discard = (container: Container): void => {
    const { id, name } = container.record
    names.release(id, name)
    discardFiles(id)
  }
  const discardFiles = (id: ContainerId): void => {
    names.releaseAll(id)
    moveAside(ownedPath(storePaths(root), id), trash)
    moveAside(dirOf(id), trash)
  }
  /** A command was killed before it had written the record. */
  const sweepUnfinished = (id: ContainerId): void => {
    if (isAbandonedDir(dirOf(id))) discardFiles(id)
  }
  const ids = (): readonly ContainerId[] => readIds(directory)
  return {
    root,
    directory,
    trash,
    journal: join(root, 'events'),
    dirOf,
    ownedDirOf: (id) => ownedPath(storePaths(root), id),
    claimName: names.claim,
    releaseName: names.release,
    write(record) {
      const dir = dirOf(record.id)
      replaceRecord(dir, record)
      names.settle(record.id)
      return { record, dir, status: statusOf(dir) }
    },
    rename({ record, dir }, name) {
      names.claim(record.id, name)
      try {
        replaceRecord(dir, { ...record, name })
      } catch (error) {
        names.release(record.id, name)
        throw error
      }
      names.release(record.id, record.name)
      names.settle(record.id)
    },
    idOfName: names.get,
    has: (id) => readRecord(dirOf(id)) !== undefined,
    find: (text) => findContainer(text, { names, ids, load, dirOf }),
    list: () =>
      ids()
        .flatMap((id) => load(id) ?? [])
        .toSorted((a, b) => byCodeUnit(b.record.created, a.record.created)),
    damaged(sound = []) {
      const known = new Set(sound.map(({ record }) => record.id))
      return ids().filter((id) => !known.has(id) && !load(id) && isDamaged(dirOf(id)))
    },
    discard,
    discardFiles,
    orphanNames: names.orphans,
    sweepNames: names.sweep,
  }
}

const replaceRecord = (dir: HostPath, record: ContainerRecord): void => {
  try {
    atomicWrite(join(dir, stateFile.record), JSON.stringify(record))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw noSuchContainer(record.name)
    throw error
  }
}

const readIds = (directory: HostPath): readonly ContainerId[] => {
  try {
    return readdirSync(directory).filter(isContainerId)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    if (errnoOf(error) !== 'EACCES') throw error
    throw new ContainerError('store-denied', `list containers in ${directory}: permission denied`, {
      exitCode: exitCode.notPermitted,
      hint: 'run as root, or choose a store of your own with --root',
      cause: error,
    })
  }
}

interface Lookup {
  readonly names: ContainerNames
  readonly dirOf: (id: ContainerId) => HostPath
  readonly ids: () => readonly ContainerId[]
  readonly load: (id: ContainerId) => Container | undefined
}

const findContainer = (text: string, lookup: Lookup): Container => {
  const { names, ids, load, dirOf } = lookup
  const whole = isContainerId(text) ? text : names.get(text.replace(/^\//, ''))
  const found = whole && load(whole)
  if (found) return found
  const matches = /^[0-9a-f]{1,63}$/.test(text) ? ids().filter((id) => id.startsWith(text)) : []
  const [only, ...others] = matches.flatMap((id) => load(id) ?? [])
  if (others.length > 0) {
    throw new ContainerError('ambiguous-container', `find container "${text}": several ids start with it`, {
      hint: 'give more digits of the id, or the name',
    })
  }
  if (only) return only
  const broken = [...(whole ? [whole] : []), ...matches].find((id) => isDamaged(dirOf(id)))
  throw broken ? damaged(text, broken, dirOf(broken)) : noSuchContainer(text, suggest(text, names.all()))
}

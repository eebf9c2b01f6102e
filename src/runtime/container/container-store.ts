import { mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, exitCode, suggest } from '../../foundation/errors/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite, randomName as randomFileName } from '../../foundation/sys/index.ts'
import { createRecordTable, fileNameOf, type RecordTable } from '../../store/records/index.ts'
import { ownedPath, storePaths } from '../../store/snapshot/index.ts'
import { type ContainerId, isContainerId, isContainerName } from './container-id.ts'
import { ContainerError } from './errors.ts'
import { randomName } from './random-name.ts'
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
  /** The file that holds a name; removing it frees the name. */
  nameFileOf(name: string): HostPath
  /**
   * Takes `name`, or a random one when it is undefined. Throws `bad-container-name`, `name-in-use`.
   */
  claimName(id: ContainerId, name: string | undefined): string
  releaseName(name: string): void
  /** Makes the container visible. */
  write(record: ContainerRecord): Container
  /** The new name is taken before the old one is given up. Throws as `claimName`. */
  rename(container: Container, name: string): void
  /** By name, id, or a prefix of an id that only one has. Throws `no-such-container`, `ambiguous-container`. */
  find(text: string): Container
  /** Is it there, in any state? */
  has(id: ContainerId): boolean
  /** Newest first. */
  list(): readonly Container[]
  /** Frees the name and moves what the container has on the disk to the trash; the caller has stopped it. */
  discard(container: Container): void
}

export const openContainerStore = (root: HostPath): ContainerStore => {
  const directory = join(root, 'containers')
  const trash = join(root, 'trash')
  const nameDir = join(root, 'records/container-names')
  const names: RecordTable<ContainerId> = createRecordTable(nameDir, (value) => {
    if (typeof value === 'string' && isContainerId(value)) return value
    throw new TypeError('not a container id')
  })
  const dirOf = (id: ContainerId): HostPath => join(directory, id)
  const load = (id: ContainerId): Container | undefined => {
    const dir = dirOf(id)
    const record = readRecord(dir)
    if (!record) return undefined
    const container = { record, dir, status: statusOf(dir) }
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
    if (names.get(name) === id) names.remove(name)
    moveAside(ownedPath(storePaths(root), id), trash)
    moveAside(container.dir, trash)
  }
  const ids = (): readonly ContainerId[] => readIds(directory)
  return {
    root,
    directory,
    trash,
    journal: join(root, 'events'),
    dirOf,
    ownedDirOf: (id) => ownedPath(storePaths(root), id),
    nameFileOf: (name) => join(nameDir, fileNameOf(name)),
    claimName: (id, name) =>
      name === undefined ? claimRandomName(names, id) : claimGivenName({ names, dirOf, id, name }),
    releaseName: (name) => names.remove(name),
    write(record) {
      const dir = dirOf(record.id)
      mkdirSync(dir, { recursive: true, mode: 0o700 })
      atomicWrite(join(dir, stateFile.record), JSON.stringify(record))
      return { record, dir, status: statusOf(dir) }
    },
    rename({ record, dir }, name) {
      claimGivenName({ names, dirOf, id: record.id, name })
      atomicWrite(join(dir, stateFile.record), JSON.stringify({ ...record, name }))
      if (names.get(record.name) === record.id) names.remove(record.name)
    },
    has: (id) => readRecord(dirOf(id)) !== undefined,
    find: (text) => findContainer(text, { names, ids, load }),
    list: () =>
      ids()
        .flatMap((id) => load(id) ?? [])
        .toSorted((a, b) => byCodeUnit(b.record.created, a.record.created)),
    discard,
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

const moveAside = (dir: HostPath, trash: HostPath): void => {
  try {
    mkdirSync(trash, { recursive: true, mode: 0o700 })
    renameSync(dir, join(trash, randomFileName()))
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

interface NameClaim {
  readonly names: RecordTable<ContainerId>
  readonly dirOf: (id: ContainerId) => HostPath
  readonly id: ContainerId
  readonly name: string
}

const claimGivenName = ({ names, dirOf, id, name }: NameClaim): string => {
  if (!isContainerName(name)) {
    throw new ContainerError(
      'bad-container-name',
      `name container ${JSON.stringify(name.slice(0, 200))}: expected a letter or digit and then letters, digits, "_", "." or "-"`,
      { exitCode: exitCode.engine },
    )
  }
  for (const _ of [1, 2]) {
    if (names.add(name, id)) return name
    const owner = names.get(name)
    if (owner === undefined) continue
    if (readRecord(dirOf(owner))) throw nameInUse(name, owner)
    // A command that was killed in the middle left the name without its container.
    names.remove(name)
  }
  throw nameInUse(name, names.get(name))
}

const nameInUse = (name: string, owner: ContainerId | undefined): ContainerError =>
  new ContainerError(
    'name-in-use',
    `name container "${name}": container ${owner?.slice(0, 12) ?? '?'} has this name`,
    {
      exitCode: exitCode.engine,
      hint: `remove that container (tsrun rm ${name}) or choose another name`,
    },
  )

const claimRandomName = (names: RecordTable<ContainerId>, id: ContainerId): string => {
  for (let attempt = 0; ; attempt++) {
    const name = randomName(attempt)
    if (names.add(name, id)) return name
  }
}

interface Lookup {
  readonly names: RecordTable<ContainerId>
  readonly ids: () => readonly ContainerId[]
  readonly load: (id: ContainerId) => Container | undefined
}

const findContainer = (text: string, { names, ids, load }: Lookup): Container => {
  const whole = isContainerId(text) ? load(text) : undefined
  if (whole) return whole
  const named = names.get(text.replace(/^\//, ''))
  const byName = named && load(named)
  if (byName) return byName
  const matches = /^[0-9a-f]{1,63}$/.test(text) ? ids().filter((id) => id.startsWith(text)) : []
  const [only, ...others] = matches.flatMap((id) => load(id) ?? [])
  if (others.length > 0) {
    throw new ContainerError('ambiguous-container', `find container "${text}": several ids start with it`, {
      hint: 'give more digits of the id, or the name',
    })
  }
  if (only) return only
  const near = suggest(
    text,
    [...names.entries()].map(([name]) => name),
  )
  throw new ContainerError(
    'no-such-container',
    `find container ${JSON.stringify(text.slice(0, 200))}: no such container`,
    {
      ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
    },
  )
}

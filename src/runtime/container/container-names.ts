import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { identify, isAlive, type ProcessIdentity, tryLock } from '../../foundation/sys/index.ts'
import { createRecordTable, fileNameOf, type RecordTable } from '../../store/records/index.ts'
import { type ContainerId, isContainerId, isContainerName } from './container-id.ts'
import { ContainerError } from './errors.ts'
import { randomName } from './random-name.ts'
import { readRecord, stateFile } from './state-files.ts'

/**
 * Who has which name. A name is a record that holds an id; the container's directory lists the records that it may have (`names`),
 * so that whoever removes it finds them all, and says who is giving it one just now (`making`).
 */
export interface ContainerNames {
  /** Takes `name`, or a random one. The directory of the container is made if there is none. Throws `bad-container-name`, `name-in-use`. */
  claim(id: ContainerId, name: string | undefined): string
  /** The record that has the claimed name is written. */
  settle(id: ContainerId): void
  /** Gives a name up, unless another container has it. */
  release(id: ContainerId, name: string): void
  /** Gives up all that a container has, also those that a command which was killed left. */
  releaseAll(id: ContainerId): void
  /** Gives up names whose container has no directory: it is made before the name and removed after it. */
  sweep(): void
  /** Those names. */
  orphans(): readonly string[]
  get(name: string): ContainerId | undefined
  all(): readonly string[]
}

export const openContainerNames = (
  directory: HostPath,
  dirOf: (id: ContainerId) => HostPath,
): ContainerNames => {
  const table: RecordTable<ContainerId> = createRecordTable(directory, (value) => {
    if (typeof value === 'string' && isContainerId(value)) return value
    throw new TypeError('not a container id')
  })
  const fileOf = (name: string): HostPath => join(directory, fileNameOf(name))
  const take = (id: ContainerId, name: string): boolean => {
    appendFileSync(join(dirOf(id), stateFile.names), `${fileOf(name)}\n`, { mode: 0o600 })
    return table.add(name, id)
  }
  const release = (id: ContainerId, name: string): void => releaseFile(fileOf(name), id)
  const orphans = (): readonly string[] =>
    [...table.entries()].flatMap(([name, owner]) => (existsSync(dirOf(owner)) ? [] : [name]))
  return {
    claim(id, name) {
      const dir = dirOf(id)
      if (name !== undefined && !isContainerName(name)) throw badName(name)
      mkdirSync(dir, { recursive: true, mode: 0o700 })
      writeFileSync(join(dir, stateFile.making), JSON.stringify(identify()), { mode: 0o600 })
      if (name === undefined) return takeRandom((random) => take(id, random))
      for (const _ of [1, 2]) {
        if (take(id, name)) return name
        const owner = table.get(name)
        if (owner !== undefined) removeStale({ directory, table, dirOf }, name, owner)
      }
      throw nameInUse(name, table.get(name))
    },
    settle: (id) => rmSync(join(dirOf(id), stateFile.making), { force: true }),
    release,
    releaseAll(id) {
      for (const path of linesOf(join(dirOf(id), stateFile.names))) releaseFile(path, id)
    },
    sweep() {
      for (const name of orphans()) {
        const owner = table.get(name)
        try {
          if (owner !== undefined) removeIfStale({ directory, table, dirOf }, name, owner)
        } catch (error) {
          // On a full disk there is no lock to be had: another time.
          if (errnoOf(error) !== 'ENOSPC' && errnoOf(error) !== 'EDQUOT') throw error
        }
      }
    },
    orphans,
    get: (name) => table.get(name),
    all: () => [...table.entries()].map(([name]) => name),
  }
}

/** Whether the command that makes the container of this directory, or names it, lives; undefined where none says that it does, or not yet. */
export const makerOf = (dir: HostPath): 'alive' | 'dead' | undefined => {
  try {
    const maker = JSON.parse(readFileSync(join(dir, stateFile.making), 'utf8')) as ProcessIdentity
    return isAlive(maker) ? 'alive' : 'dead'
  } catch {
    return undefined
  }
}

const takeRandom = (take: (name: string) => boolean): string => {
  for (let attempt = 0; ; attempt++) {
    const name = randomName(attempt)
    if (take(name)) return name
  }
}

interface Owners {
  readonly directory: HostPath
  readonly table: RecordTable<ContainerId>
  readonly dirOf: (id: ContainerId) => HostPath
}

/** A command that was killed in the middle left the name without its container. Throws `name-in-use` when it is not so. */
const removeStale = (owners: Owners, name: string, owner: ContainerId): void => {
  if (!removeIfStale(owners, name, owner)) throw nameInUse(name, owner)
}

const removeIfStale = ({ directory, table, dirOf }: Owners, name: string, owner: ContainerId): boolean => {
  // One process at a time, so that no name is taken away after it was claimed anew.
  using lock = tryLock(join(directory, '.lock'))
  // In this order: a container that is being made has its record before it is not being made any more.
  if (!lock || makerOf(dirOf(owner)) === 'alive' || mayHave(dirOf(owner), name)) return false
  if (table.get(name) === owner) table.remove(name)
  return true
}

/** A record that cannot be read is no reason to give the name to another. */
const mayHave = (dir: HostPath, name: string): boolean => {
  const record = readRecord(dir)
  return record ? record.name === name : exists(join(dir, stateFile.record))
}

const exists = (path: HostPath): boolean => {
  try {
    readFileSync(path)
    return true
  } catch (error) {
    return errnoOf(error) !== 'ENOENT'
  }
}

/** The monitor does the same at the end of a --rm container (native/monitor_leases.c). */
const releaseFile = (path: HostPath, id: ContainerId): void => {
  try {
    if (readFileSync(path, 'utf8').includes(id)) rmSync(path, { force: true })
  } catch {
    // Nobody has it.
  }
}

const linesOf = (path: HostPath): readonly string[] => {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  } catch {
    return []
  }
}

const badName = (name: string): ContainerError =>
  new ContainerError(
    'bad-container-name',
    `name container ${JSON.stringify(name.slice(0, 200))}: expected a letter or digit and then letters, digits, "_", "." or "-"`,
    { exitCode: exitCode.engine },
  )

const nameInUse = (name: string, owner: ContainerId | undefined): ContainerError =>
  new ContainerError(
    'name-in-use',
    `name container "${name}": container ${owner?.slice(0, 12) ?? '?'} has this name`,
    {
      exitCode: exitCode.engine,
      hint: `remove that container (tsrun rm ${name}) or choose another name`,
    },
  )

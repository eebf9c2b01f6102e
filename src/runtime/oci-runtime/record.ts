import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, errnoOf, InternalError } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite, isAlive, makeDirectories } from '../../foundation/sys/index.ts'
import { isFrozen } from '../cgroup/index.ts'
import { noSuchContainer } from './errors.ts'
import type { ContainerRecord, ContainerStatus, OciState } from './types.ts'

/** Also the name of a directory: nothing in it leads elsewhere, and what starts with a dot is ours. */
const idPattern = /^[A-Za-z0-9_+-][A-Za-z0-9_+.-]{0,254}$/

/** ROOT/ID. Throws `invalid-id`. */
export const directoryOf = (root: HostPath, id: string): HostPath => {
  if (idPattern.test(id)) return join(root, id)
  throw new AppError(
    'invalid-id',
    `container id ${JSON.stringify(id)}: expected letters, digits, "_", "+", "-" and "."`,
  )
}

/** Takes the id: nobody else gets it until the directory is removed. Throws `container-exists`. */
export const claimDirectory = (root: HostPath, id: string): HostPath => {
  const directory = directoryOf(root, id)
  makeDirectories(root, 0o711)
  try {
    mkdirSync(directory, { mode: 0o711 })
    return directory
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    throw new AppError('container-exists', `container with given ID already exists: ${id}`)
  }
}

export const writeRecord = (directory: HostPath, record: ContainerRecord): void =>
  atomicWrite(join(directory, 'state.json'), `${JSON.stringify(record)}\n`)

/** Throws `no-such-container`. */
export const readRecord = (root: HostPath, id: string): ContainerRecord => {
  const record = recordIn(directoryOf(root, id))
  if (record === undefined) throw noSuchContainer(id)
  return record
}

const recordIn = (directory: HostPath): ContainerRecord | undefined => {
  try {
    return JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8')) as ContainerRecord
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    if (error instanceof SyntaxError) throw new InternalError(`read ${directory}/state.json`, error)
    throw error
  }
}

/** Whether the id is taken, even by a creation that was killed before it had written anything. */
export const isClaimed = (root: HostPath, id: string): boolean => existsSync(directoryOf(root, id))

export const listRecords = (root: HostPath): readonly ContainerRecord[] => {
  try {
    return readdirSync(root)
      .filter((name) => idPattern.test(name))
      .sort()
      .flatMap((name) => recordIn(join(root, name)) ?? [])
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

export const removeRecord = (root: HostPath, id: string): void =>
  rmSync(directoryOf(root, id), { recursive: true, force: true })

/** The FIFO that a created container waits at; gone once it is started. */
export const gateOf = (directory: HostPath): HostPath => join(directory, 'start')

export const statusOf = (root: HostPath, record: ContainerRecord): ContainerStatus => {
  const { process, creator, cgroups } = record
  if (process === undefined) return isAlive(creator) ? 'creating' : 'stopped'
  if (!isAlive(process)) return 'stopped'
  if (existsSync(gateOf(directoryOf(root, record.id)))) return 'created'
  return isFrozen(cgroups) ? 'paused' : 'running'
}

/** runtime-spec runtime.md, State, with what runc adds. The pid is 0 when nothing runs. */
export const stateOf = (record: ContainerRecord, status: ContainerStatus): OciState => ({
  ...hookStateOf(record, status, status === 'stopped' ? 0 : (record.process?.pid ?? 0)),
  rootfs: record.rootfs,
  created: record.created,
  owner: record.owner,
})

/** What hooks read. */
export const hookStateOf = (
  record: Pick<ContainerRecord, 'ociVersion' | 'id' | 'bundle' | 'annotations'>,
  status: ContainerStatus,
  pid: number,
): OciState => ({
  ociVersion: record.ociVersion,
  id: record.id,
  status,
  pid,
  bundle: record.bundle,
  annotations: record.annotations,
})

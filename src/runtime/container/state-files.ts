import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { ProcessIdentity } from '../../foundation/sys/index.ts'
import type { HealthState } from './life-settings.ts'
import { isContainerRecord } from './record-shape.ts'
import type {
  ContainerRecord,
  ExitRecord,
  InitProcess,
  NetworkState,
  PublishedPort,
  RestartRecord,
  StartFailure,
} from './types.ts'

/**
 * The files of a container's directory.
 *
 *   container.json  what was asked for                         tsrun create
 *   config.json     runtime-spec of the last start             tsrun start
 *   request.bin     the same for the helper                    tsrun start
 *   network.json    networks of the last start                 tsrun start
 *   hosts, hostname, resolv.conf  bound into the container     tsrun start
 *   leases          files to remove at the end                 tsrun start, network connect
 *   resolver        names and servers for its name server      tsrun start, network connect
 *   monitor, pid    identities of the monitor and of pid 1     monitor
 *   ports           what listens                               monitor
 *   log, log.1 ...  json lines, the newest in log              monitor
 *   exit.json       the end                                    monitor
 *   restart.json    the end before, and the count of restarts  monitor
 *   health.json     what the last health checks said           monitor
 *   attach          the socket of `attach`                     monitor
 *   policy          when it is started again                   tsrun start, update
 *   health.bin      the health check as a request              tsrun start
 *   event.json      what its events have in common, and those  tsrun start, rename, network connect
 *                   of its networks and volumes
 *   stopped         somebody has asked for the end             tsrun stop, kill
 *   failure.json    why the last start failed                  tsrun start
 *   making          the command that makes or renames it       tsrun create, rename
 *   names           files of names that it may have            tsrun create, rename
 */
export const stateFile = {
  record: 'container.json',
  spec: 'config.json',
  request: 'request.bin',
  network: 'network.json',
  hosts: 'hosts',
  hostname: 'hostname',
  resolvConf: 'resolv.conf',
  resolver: 'resolver',
  leases: 'leases',
  monitor: 'monitor',
  pid: 'pid',
  ports: 'ports',
  log: 'log',
  exit: 'exit.json',
  restart: 'restart.json',
  health: 'health.json',
  policy: 'policy',
  healthRequest: 'health.bin',
  event: 'event.json',
  stopped: 'stopped',
  failure: 'failure.json',
  making: 'making',
  names: 'names',
} as const

/** What the monitor of an earlier start left; removed before the next one. */
export const volatileFiles: readonly string[] = [
  stateFile.monitor,
  stateFile.pid,
  stateFile.ports,
  stateFile.exit,
  stateFile.network,
  stateFile.restart,
  stateFile.health,
  stateFile.healthRequest,
  stateFile.stopped,
  stateFile.failure,
]

export const readRecord = (dir: HostPath): ContainerRecord | undefined =>
  readJson(dir, stateFile.record, isContainerRecord)

export const readNetwork = (dir: HostPath): NetworkState | undefined =>
  readJson(dir, stateFile.network, isNetworkState)

export const readMonitor = (dir: HostPath): ProcessIdentity | undefined =>
  readJson(dir, stateFile.monitor, isIdentity)

export const readInit = (dir: HostPath): InitProcess | undefined =>
  readJson(
    dir,
    stateFile.pid,
    (value): value is InitProcess => has(value, 'startedAt', 'string') && isIdentity(value),
  )

export const readExit = (dir: HostPath): ExitRecord | undefined => readJson(dir, stateFile.exit, isExit)

export const readFailure = (dir: HostPath): StartFailure | undefined =>
  readJson(dir, stateFile.failure, isStartFailure)

export const readRestart = (dir: HostPath): RestartRecord | undefined =>
  readJson(
    dir,
    stateFile.restart,
    (value): value is RestartRecord =>
      has(value, 'count', 'number') && has(value, 'waiting', 'boolean') && isExit(value),
  )

export const readHealth = (dir: HostPath): HealthState | undefined =>
  readJson(
    dir,
    stateFile.health,
    (value): value is HealthState =>
      has(value, 'Status', 'string') && has(value, 'FailingStreak', 'number') && has(value, 'Log', 'array'),
  )

type Kind = 'string' | 'number' | 'boolean' | 'array'

const has = (value: unknown, key: string, kind: Kind): boolean => {
  if (typeof value !== 'object' || value === null) return false
  const member = (value as Readonly<Record<string, unknown>>)[key]
  return kind === 'array' ? Array.isArray(member) : typeof member === kind
}

const isIdentity = (value: unknown): value is ProcessIdentity =>
  has(value, 'pid', 'number') && has(value, 'startTime', 'number') && has(value, 'bootId', 'string')

const isExit = (value: unknown): value is ExitRecord =>
  has(value, 'exitCode', 'number') && has(value, 'signal', 'number') && has(value, 'finishedAt', 'string')

const isStartFailure = (value: unknown): value is StartFailure =>
  has(value, 'exitCode', 'number') && has(value, 'error', 'string')

const isNetworkState = (value: unknown): value is NetworkState =>
  has(value, 'endpoints', 'array') &&
  (value as { readonly endpoints: readonly unknown[] }).endpoints.every(
    (one) => has(one, 'network', 'string') && has(one, 'leases', 'array') && has(one, 'names', 'array'),
  )

/** Lines `tcp 0.0.0.0 8081 80`; [] when nothing is published. */
export const readPorts = (dir: HostPath): readonly PublishedPort[] =>
  (readText(dir, stateFile.ports) ?? '').split('\n').flatMap((line) => {
    const [protocol, hostAddress, hostPort, containerPort] = line.split(' ')
    if ((protocol !== 'tcp' && protocol !== 'udp') || !hostAddress) return []
    return [{ protocol, hostAddress, hostPort: Number(hostPort), containerPort: Number(containerPort) }]
  })

/** A file that is missing, or is none of ours, counts as absent: all are replaced in one step. */
const readJson = <T>(dir: HostPath, name: string, isOne: (value: unknown) => value is T): T | undefined => {
  const text = readText(dir, name)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isOne(value) ? value : undefined
  } catch {
    return undefined
  }
}

const readText = (dir: HostPath, name: string): string | undefined => {
  try {
    return readFileSync(join(dir, name), 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}

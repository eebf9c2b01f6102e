import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { ProcessIdentity } from '../../foundation/sys/index.ts'
import type { HealthState } from './life-settings.ts'
import type {
  ContainerRecord,
  ExitRecord,
  InitProcess,
  NetworkState,
  PublishedPort,
  RestartRecord,
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
 *   event.json      what its events have in common             tsrun start
 *   stopped         somebody has asked for the end             tsrun stop, kill
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
]

export const readRecord = (dir: HostPath): ContainerRecord | undefined =>
  readJson(dir, stateFile.record, (value) => value as unknown as ContainerRecord, ['id', 'name', 'options'])

export const readNetwork = (dir: HostPath): NetworkState | undefined =>
  readJson(dir, stateFile.network, (value) => value as unknown as NetworkState, ['endpoints'])

export const readMonitor = (dir: HostPath): ProcessIdentity | undefined =>
  readJson(dir, stateFile.monitor, (value) => value as unknown as ProcessIdentity, [
    'pid',
    'startTime',
    'bootId',
  ])

export const readInit = (dir: HostPath): InitProcess | undefined =>
  readJson(dir, stateFile.pid, (value) => value as unknown as InitProcess, ['pid', 'startTime', 'bootId'])

export const readExit = (dir: HostPath): ExitRecord | undefined =>
  readJson(dir, stateFile.exit, (value) => value as unknown as ExitRecord, ['exitCode', 'finishedAt'])

export const readRestart = (dir: HostPath): RestartRecord | undefined =>
  readJson(dir, stateFile.restart, (value) => value as unknown as RestartRecord, ['count', 'waiting'])

export const readHealth = (dir: HostPath): HealthState | undefined =>
  readJson(dir, stateFile.health, (value) => value as unknown as HealthState, ['Status', 'Log'])

/** Lines `tcp 0.0.0.0 8081 80`; [] when nothing is published. */
export const readPorts = (dir: HostPath): readonly PublishedPort[] =>
  (readText(dir, stateFile.ports) ?? '').split('\n').flatMap((line) => {
    const [protocol, hostAddress, hostPort, containerPort] = line.split(' ')
    if ((protocol !== 'tcp' && protocol !== 'udp') || !hostAddress) return []
    return [{ protocol, hostAddress, hostPort: Number(hostPort), containerPort: Number(containerPort) }]
  })

/** A file that is missing, or is none of ours, counts as absent: all are replaced in one step. */
const readJson = <T>(
  dir: HostPath,
  name: string,
  parse: (value: Readonly<Record<string, unknown>>) => T,
  required: readonly string[],
): T | undefined => {
  const text = readText(dir, name)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    return required.every((key) => key in value) ? parse(value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

const readText = (dir: HostPath, name: string): string | undefined => {
  try {
    return readFileSync(join(dir, name), 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

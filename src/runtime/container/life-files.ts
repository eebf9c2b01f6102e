import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { encodeJoinRequest } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { cgroupDirectories } from './container-cgroup.ts'
import type { ContainerStore } from './container-store.ts'
import { writeEventFile } from './event-file.ts'
import { requestInside } from './exec-process.ts'
import {
  type HealthCheck,
  healthCheckOf,
  logArguments,
  policyText,
  type RestartPolicy,
} from './life-settings.ts'
import type { SeccompCompiler } from './seccomp-program.ts'
import { parseSignal } from './signals.ts'
import { stateFile } from './state-files.ts'
import type { Container } from './types.ts'

export interface LifeRequest {
  readonly containers: ContainerStore
  readonly container: Container
  readonly seccomp: SeccompCompiler
  /** Hexadecimal digits (`detachKeysOf`). */
  readonly detachKeys: string
}

/** Docker's default. */
const defaultStopTimeout = 10

/**
 * Writes what the monitor reads besides the request, and returns its options. The spec and the cgroup of this start must be
 * there.
 */
export const prepareLife = (request: LifeRequest): readonly string[] => {
  const { containers, container, detachKeys } = request
  const { record, dir } = container
  const { config, life = {}, stopTimeout, runTimeout, pidFile } = record.options
  const check = healthCheckOf(config.Healthcheck, config.Shell)
  writePolicy(dir, life.restart)
  writeEventFile({ root: containers.root, dir, record })
  return [
    ...(life.stdinOnce ? ['--stdin-once'] : []),
    ...logArguments(life.log),
    ...['--journal', containers.journal, '--detach-keys', detachKeys],
    ...['--stop-signal', String(parseSignal(config.StopSignal ?? 'TERM'))],
    ...['--stop-timeout', String(stopTimeout ?? defaultStopTimeout)],
    ...(runTimeout === undefined ? [] : ['--run-timeout', String(runTimeout * 1000)]),
    ...(pidFile === undefined ? [] : ['--pid-file', pidFile]),
    ...(check ? healthArguments(check, writeHealthRequest(request, check), life.healthAction ?? 'none') : []),
  ]
}

/** The monitor reads it whenever the container has ended. */
export const writePolicy = (dir: HostPath, policy: RestartPolicy | undefined): void => {
  const text = policyText(policy)
  const path = join(dir, stateFile.policy)
  // A directory there would be damage.
  if (text === undefined || !statSync(path, { throwIfNoEntry: false })?.isFile())
    rmSync(path, { force: true, recursive: true })
  if (text !== undefined) atomicWrite(path, text)
}

/** Returns the cgroup of the probe's processes: when their time is over they are killed, and nobody else. */
const writeHealthRequest = (
  { container, seccomp }: LifeRequest,
  check: HealthCheck,
): HostPath | undefined => {
  const request = requestInside(container, 1, { command: check.command, seccomp })
  const directories = cgroupDirectories(container.record)
  // On v2 there is one directory; on v1 one of the hierarchies is enough to find them by.
  const own = directories.length === 1 ? directories[0] : directories.find((path) => /\/pids\//.test(path))
  const cgroup = own === undefined ? undefined : join(own, 'probe')
  const cgroups = (request.cgroups ?? []).map((path) =>
    path === own && cgroup !== undefined ? cgroup : path,
  )
  atomicWrite(join(container.dir, stateFile.healthRequest), encodeJoinRequest({ ...request, cgroups }))
  return cgroup
}

const healthArguments = (
  check: HealthCheck,
  cgroup: HostPath | undefined,
  action: string,
): readonly string[] => [
  ...['--health-interval', String(check.interval), '--health-timeout', String(check.timeout)],
  ...['--health-start-period', String(check.startPeriod)],
  ...['--health-start-interval', String(check.startInterval)],
  ...['--health-retries', String(check.retries), '--health-on-failure', action],
  ...(cgroup === undefined ? [] : ['--health-cgroup', cgroup]),
]

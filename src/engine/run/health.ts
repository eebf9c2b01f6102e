import { exitCode } from '../../foundation/errors/index.ts'
import {
  type Container,
  ContainerError,
  execProcess,
  type HealthState,
  healthCheckOf,
  openContainerStore,
  readHealth,
} from '../../runtime/container/index.ts'
import { seccompProgram } from '../seccomp.ts'
import type { Store } from '../store.ts'

/** What the health checks of a running container say; undefined when it has none, or does not run. */
export const healthOf = (container: Container): HealthState | undefined =>
  container.status.kind === 'running' ? readHealth(container.dir) : undefined

/** Makes the health check of a running container once. Nothing is recorded. Throws `no-health-check`, and what `execProcess` throws. */
export const checkHealth = async (store: Store, name: string): Promise<boolean> => {
  const container = openContainerStore(store.root).find(name)
  const { config } = container.record.options
  const check = healthCheckOf(config.Healthcheck, config.Shell)
  if (!check) {
    throw new ContainerError('no-health-check', `check the health of container ${name}: it has no check`, {
      exitCode: exitCode.engine,
      hint: 'make the container with --health-cmd',
    })
  }
  const timeout = AbortSignal.timeout(check.timeout)
  const { code } = await execProcess(container, {
    command: check.command,
    io: { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
    seccomp: (profile, capabilities) => seccompProgram(store.root, profile, capabilities),
    signal: timeout,
  })
  return code === 0 && !timeout.aborted
}

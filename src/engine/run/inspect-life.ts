import { type Container, type ContainerOptions, readRestart } from '../../runtime/container/index.ts'
import { healthOf } from './health.ts'

type Members = Readonly<Record<string, unknown>>

/** Restart policy and log, as docker's `HostConfig` has them. */
export const lifeConfigOf = ({ life }: ContainerOptions): Members => ({
  RestartPolicy: { Name: life?.restart?.name ?? 'no', MaximumRetryCount: life?.restart?.most ?? 0 },
  LogConfig: { Type: life?.log?.driver ?? 'json-file', Config: life?.log?.options ?? {} },
})

/** How often it was started again since it was started. */
export const restartCountOf = ({ dir }: Container): number => readRestart(dir)?.count ?? 0

/** Docker's `State.Health`, for a container that has a check and runs. */
export const healthStateOf = (container: Container): Members => {
  const health = healthOf(container)
  return health ? { Health: health } : {}
}

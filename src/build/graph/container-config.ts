import { byCodeUnit } from '../../foundation/filetree/index.ts'
import type { ContainerConfig } from '../../foundation/oci/index.ts'
import type { StageConfig } from './stage-state.ts'

const keysOf = (names: ReadonlySet<string>): Readonly<Record<string, Record<string, never>>> =>
  Object.fromEntries([...names].sort(byCodeUnit).map((name) => [name, {}]))

/** The `config` member of the image. What docker leaves out when empty is left out. */
export const containerConfigOf = (
  config: StageConfig,
  labels: Readonly<Record<string, string>>,
): ContainerConfig => {
  const allLabels = [...config.labels, ...Object.entries(labels)]
  return {
    ...(config.user === '' ? {} : { User: config.user }),
    ...(config.exposedPorts.size === 0 ? {} : { ExposedPorts: keysOf(config.exposedPorts) }),
    Env: [...config.env].map(([name, value]) => `${name}=${value}`),
    ...(config.entrypoint?.length ? { Entrypoint: config.entrypoint } : {}),
    ...(config.cmd?.length ? { Cmd: config.cmd } : {}),
    ...(config.volumes.size === 0 ? {} : { Volumes: keysOf(config.volumes) }),
    ...(config.workingDir === '' ? {} : { WorkingDir: config.workingDir }),
    ...(allLabels.length === 0 ? {} : { Labels: Object.fromEntries(allLabels) }),
    ...(config.stopSignal === undefined ? {} : { StopSignal: config.stopSignal }),
    ...(config.argsEscaped ? { ArgsEscaped: true } : {}),
    ...(config.healthcheck === undefined ? {} : { Healthcheck: config.healthcheck }),
    ...(config.onBuild.length === 0 ? {} : { OnBuild: config.onBuild }),
    ...(config.shell === undefined ? {} : { Shell: config.shell }),
  }
}

/** Use cases of containers. */

export { quotaOfCpus } from '../../runtime/cgroup/index.ts'
export {
  attachContainer,
  type Container,
  type ContainerLink,
  type ContainerEvent,
  type ContainerStore,
  type ContainerProcess,
  type ContainerStats,
  type ContainerStatus,
  type CreateOptions,
  type DeviceLimit,
  type DeviceWish,
  isPaused,
  killContainer,
  type LogLine,
  type NamespaceModes,
  openContainerStore,
  type PortMapping,
  type PublishedPort,
  pauseContainer,
  processesOf,
  readLog,
  readPorts,
  type SeccompChoice,
  shortId as shortContainerId,
  statsOf,
  stopContainer,
  unpauseContainer,
  waitContainer,
} from '../../runtime/container/index.ts'
export { type ExecWish, execInNamed } from './exec.ts'
export { checkHealth, healthOf } from './health.ts'
export { inspectContainer } from './inspect.ts'
export { networkNamesOf } from './inspect-network.ts'
export type { MountWish } from './mounts.ts'
export { removeByName } from './remove.ts'
export { type ContainerWish, createFromImage, type RunEnvironment, run, start } from './run-container.ts'
export { healthOf } from './health.ts'

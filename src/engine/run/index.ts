/** Use cases of containers. */

export { quotaOfCpus } from '../../runtime/cgroup/index.ts'
export {
  type Container,
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
export { inspectContainer } from './inspect.ts'
export type { MountWish } from './mounts.ts'
export { removeByName } from './remove.ts'
export { type ContainerWish, createFromImage, type RunEnvironment, run, start } from './run-container.ts'
export { healthOf } from './health.ts'

/** Use cases of containers. */

export { quotaOfCpus } from '../../runtime/cgroup/index.ts'
export {
  type AttachEnd,
  type AttachStream,
  attachContainer,
  type Container,
  type ContainerLink,
  type ContainerProcess,
  type ContainerStats,
  type ContainerStatus,
  type ContainerStore,
  type CreateOptions,
  type DeviceLimit,
  type DeviceWish,
  detachKeysOf,
  type HealthAction,
  type HealthState,
  isLive,
  isPaused,
  killContainer,
  type Launched,
  type LifeSettings,
  type LogLine,
  type LogSettings,
  type NamespaceModes,
  openContainerStore,
  type PortMapping,
  type PublishedPort,
  pauseContainer,
  processesOf,
  type RestartPolicy,
  readHealth,
  readLog,
  readPorts,
  readRestart,
  recordEvent,
  renameContainer,
  type SeccompChoice,
  shortId as shortContainerId,
  statsOf,
  stopContainer,
  type UpdateWish,
  unpauseContainer,
  updateContainer,
  type WaitCondition,
  waitContainer,
  wantsStart,
} from '../../runtime/container/index.ts'
export type { UserNamespaceWish } from '../../runtime/userns/index.ts'
export { type EventType, readEvents, type StoreEvent } from '../../store/journal/index.ts'
export { type ExecWish, execInNamed } from './exec.ts'
export { checkHealth, healthOf } from './health.ts'
export { inspectContainer } from './inspect.ts'
export { networkNamesOf } from './inspect-network.ts'
export type { MountWish } from './mounts.ts'
export type { RecipeWish } from './record-run.ts'
export { removeByName } from './remove.ts'
export { type ContainerWish, createFromImage, type RunEnvironment, run, start } from './run-container.ts'

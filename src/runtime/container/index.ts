/** The life cycle of containers: create, start, signal, read, remove. State is files and live processes, nothing else. */
export { type AttachEnd, type AttachOptions, attachContainer } from './attach.ts'
export { wantsStart } from './boot.ts'
export { type ConnectRequest, connectContainer, disconnectContainer } from './connect.ts'
export { type ContainerId, isContainerId, isContainerName, shortId } from './container-id.ts'
export { donorOf, wishesOf } from './container-networks.ts'
export { type ContainerStats, statsOf } from './container-stats.ts'
export { type ContainerStore, openContainerStore } from './container-store.ts'
export { type CreateRequest, createContainer } from './create-container.ts'
export type { CreateOptions } from './create-options.ts'
export { detachKeysOf } from './detach-keys.ts'
export { ContainerError, type ContainerErrorCode } from './errors.ts'
export { recordEvent } from './events.ts'
export { execDetached } from './exec-detached.ts'
export { type ExecOptions, type ExecResult, execProcess } from './exec-process.ts'
export { withRoot } from './held-root.ts'
export { hostFacts } from './host-facts.ts'
export { readImageFile, resolveImageUser } from './image-user.ts'
export { readInRoot } from './in-root-file.ts'
export type { Launched } from './launch-monitor.ts'
export { writePolicy } from './life-files.ts'
export {
  type HealthAction,
  type HealthState,
  healthCheckOf,
  type LifeSettings,
  type LogSettings,
  type RestartPolicy,
} from './life-settings.ts'
export type { LogLine } from './log-lines.ts'
export { ownerInside, ownerOutside } from './mapped-owner.ts'
export {
  type BindMount,
  type ContainerMount,
  type ImageMount,
  isReadonlyMount,
  type TmpfsMount,
  type VolumeMount,
} from './mount-types.ts'
export { isPaused, pauseContainer, unpauseContainer } from './pause-container.ts'
export { type Place, placeInRoot } from './place-in-root.ts'
export { type LogOptions, readLog } from './read-log.ts'
export { reapContainer } from './reap.ts'
export { type RemoveRequest, removeContainer, removeDamaged } from './remove-container.ts'
export { renameContainer } from './rename-container.ts'
export { parseProfile, type SeccompCompiler } from './seccomp-program.ts'
export { killContainer, stopContainer } from './signal-container.ts'
export { parseSignal } from './signals.ts'
export { type PreparedStart, type StartRequest, startContainer } from './start-container.ts'
export { readHealth, readNetwork, readPorts, readRestart } from './state-files.ts'
export { isLive, statusOf } from './status.ts'
export { type ContainerProcess, processesOf } from './top.ts'
export type {
  AttachStream,
  Container,
  ContainerLink,
  ContainerOptions,
  ContainerRecord,
  ContainerStatus,
  DeviceLimit,
  DeviceWish,
  ExitRecord,
  InitProcess,
  NamespaceModes,
  NetworkState,
  PortMapping,
  PublishedPort,
  SeccompChoice,
} from './types.ts'
export { type UpdateWish, updateContainer } from './update-container.ts'
export type { LimitChanges } from './update-limits.ts'
export { type WaitCondition, type WaitOptions, waitContainer } from './wait-container.ts'

/** Reading containers without changing them. Loaded when asked for. */
export const containerChecks = (): Promise<typeof import('./checks.ts')> => import('./checks.ts')

/** Writing down how containers are run. Loaded when asked for. */
export const containerRecipes = (): Promise<typeof import('./recipe/index.ts')> => import('./recipe/index.ts')

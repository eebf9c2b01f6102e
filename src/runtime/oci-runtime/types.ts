import type { HostPath, RuntimeProcess, RuntimeSpec } from '../../foundation/oci/index.ts'
import type { ProcessIdentity } from '../../foundation/sys/index.ts'

/** runtime-spec config.md, POSIX-platform Hooks. */
export interface Hook {
  readonly path: HostPath
  readonly args: readonly string[]
  readonly env: readonly string[]
  /** Seconds; 0 waits for ever. */
  readonly timeout: number
}

/** In the order of a container's life. */
export const hookMoments = [
  'prestart',
  'createRuntime',
  'createContainer',
  'startContainer',
  'poststart',
  'poststop',
] as const

export type HookMoment = (typeof hookMoments)[number]

export type Hooks = Readonly<Record<HookMoment, readonly Hook[]>>

/** config.json of a bundle, checked; everything that is optional there has a value here. */
export interface BundleSpec extends RuntimeSpec {
  readonly hooks: Hooks
}

/** ROOT/ID/state.json. What a container is now is derived: it is nowhere written. */
export interface ContainerRecord {
  readonly id: string
  readonly ociVersion: string
  readonly bundle: HostPath
  readonly rootfs: HostPath
  readonly annotations: Readonly<Record<string, string>>
  /** Joined directories, one per hierarchy. */
  readonly cgroups: readonly HostPath[]
  /** As the bundle had it. */
  readonly cgroupsPath?: string
  /** ISO 8601. */
  readonly created: string
  readonly owner: string
  /** Who makes it; what it left behind when it died is a stopped container. */
  readonly creator: ProcessIdentity
  /** Absent until there is a process. */
  readonly process?: ProcessIdentity
  /** It has no pid namespace of its own: its processes do not end with the first one. */
  readonly sharesPids: boolean
  readonly poststart: readonly Hook[]
  readonly poststop: readonly Hook[]
  /** Of the container's process, for those that join it. */
  readonly defaults: RuntimeProcess
  /** File of the compiled filter, which processes that join get too. */
  readonly seccomp?: HostPath
}

export type ContainerStatus = 'creating' | 'created' | 'running' | 'paused' | 'stopped'

/** runtime-spec runtime.md, State; the members behind `annotations` are runc's. */
export interface OciState {
  readonly ociVersion: string
  readonly id: string
  readonly status: ContainerStatus
  readonly pid: number
  readonly bundle: HostPath
  readonly annotations?: Readonly<Record<string, string>>
  readonly rootfs?: HostPath
  readonly created?: string
  readonly owner?: string
}

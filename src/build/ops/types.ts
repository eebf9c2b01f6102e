import type { ContainerRequest, NetworkSetup, StepStatus } from '../../foundation/native/index.ts'
import type { HostPath, RuntimeResources } from '../../foundation/oci/index.ts'
import type { BundleHost } from '../../runtime/bundle/index.ts'
import type { CacheMounts } from '../../store/cache-mounts/index.ts'
import type { CommitOptions, SnapshotStore, Stack } from '../../store/snapshot/index.ts'
import type { Entitlement, VertexId } from '../graph/index.ts'

/** What a step leaves behind: a file system state. */
export interface StepResult {
  readonly stack: Stack
  /** When the top layer was made, in milliseconds since the epoch; absent for the layers of a base image. */
  readonly created?: number
}

/** The network of one RUN step. */
export interface StepNetwork {
  readonly setup: NetworkSetup
  /** Text of the step's /etc/resolv.conf and /etc/hosts; absent where the image's own are used. */
  readonly resolvConf?: string
  readonly hosts?: string
}

/** Where one RUN step runs, or several that look alike, one after the other. Given back afterwards. */
export interface StepPlace {
  readonly network: StepNetwork
  /** The cgroups of the step `id`, or those of all that run here. */
  cgroup(id: string, resources: RuntimeResources): StepCgroup
  run: RunStep
  release(): void
}

/** cgroup directories of one RUN step. */
export interface StepCgroup {
  readonly paths: readonly HostPath[]
  /** See `ContainerRequest`. */
  readonly deviceProgram?: Uint8Array
  /** Bytes, when memory is limited: for the message of a step that ran out of it. */
  readonly memoryLimit?: number
  /** Where the place keeps them, nothing. */
  remove(): void
}

/** The socket of an SSH agent of the caller, or of this build. */
export interface StepAgent {
  readonly socket: HostPath
}

export type RunStep = (
  request: ContainerRequest,
  io: {
    readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void
    readonly signal: AbortSignal
    /** Mount points that had to be made in the root itself. */
    readonly onStubs: (paths: readonly string[]) => void
  },
) => Promise<StepStatus>

/** The value of a secret, or undefined when the caller gave none of that name. Throws when it cannot be read. */
export type SecretSource = (id: string) => Uint8Array | undefined

export interface PlaceWishes {
  readonly hostname: string
  readonly extraHosts: readonly string[]
  /** It may do to its cgroups and its network what others must not meet. */
  readonly alone: boolean
}

/** What executing RUN steps needs from the machine; wired by the engine. */
export interface ExecEnvironment {
  readonly snapshots: SnapshotStore
  /** Milliseconds since the epoch. */
  now(): number
  /** A directory for files that live as long as one step; removed by the step. */
  readonly tempRoot: HostPath
  /** `extraHosts` are `NAME:ADDRESS`; the address `host-gateway` is the host as the step sees it. */
  place(kind: 'default' | 'none' | 'host', wishes: PlaceWishes): Promise<StepPlace>
  /** Compiled default seccomp program. */
  seccomp(): Uint8Array
  readonly cacheMounts: CacheMounts
  readonly secrets: SecretSource
  /** Undefined when the caller gave none of this id. Throws when it cannot be reached or started. */
  sshAgent(id: string, signal: AbortSignal): Promise<StepAgent | undefined>
  /** What the user allowed: looked at again before a step gets it, whatever the plan says (SECURITY 42). */
  readonly entitlements: readonly Entitlement[]
  host(privileged: boolean): BundleHost
  /** What becomes of the layer of a step: whether an image of this build names it, and whether the store is synced at the end. */
  useOf(vertex: VertexId): Required<Pick<CommitOptions, 'isNamed' | 'isSynced'>>
  /** Where the specs of CDI devices lie, those that win first. */
  readonly deviceSpecs: readonly HostPath[]
}

import type {
  ContainerConfig,
  Digest,
  HostPath,
  RuntimeLinux,
  RuntimeResources,
} from '../../foundation/oci/index.ts'
import type { ProcessIdentity } from '../../foundation/sys/index.ts'
import type { Stack } from '../../store/snapshot/index.ts'
import type { ResolvedUser } from '../bundle/index.ts'
import type { Endpoint, EndpointWish } from '../network/index.ts'
import type { UserNamespace } from '../userns/index.ts'
import type { ContainerId } from './container-id.ts'
import type { LifeSettings } from './life-settings.ts'
import type { ContainerMount } from './mount-types.ts'

/** One port as asked for with -p. */
export interface PortMapping {
  readonly protocol: 'tcp' | 'udp'
  /** Address to listen on; absent means all, IPv4 and IPv6. */
  readonly hostAddress?: string
  /** 0 lets the kernel choose. */
  readonly hostPort: number
  /** Any free one from hostPort to this one. */
  readonly lastHostPort?: number
  readonly containerPort: number
}

/** One listener of a running container: what became of a mapping. */
export interface PublishedPort {
  readonly protocol: 'tcp' | 'udp'
  readonly hostAddress: string
  readonly hostPort: number
  readonly containerPort: number
}

export type SeccompChoice =
  | { readonly kind: 'default' }
  | { readonly kind: 'unconfined' }
  /** Text of a profile in docker's format. */
  | { readonly kind: 'profile'; readonly text: string }

/** As docker writes it; of `container:ID` the id is whole once it is settled. */
export type NamespaceMode = 'private' | 'host' | `container:${string}`

/** Namespaces that are not the container's own, or are by a wish. */
export interface NamespaceModes {
  readonly pid?: NamespaceMode
  /** `shareable` and `none` (no /dev/shm) are the container's own too. */
  readonly ipc?: NamespaceMode | 'shareable' | 'none'
  readonly uts?: NamespaceMode
  readonly cgroup?: 'private' | 'host'
  /** The host's when absent. */
  readonly time?: NamespaceMode
}

export type AttachStream = 'stdin' | 'stdout' | 'stderr'

/** --device; of a directory all devices below it. */
export interface DeviceWish {
  readonly source: HostPath
  readonly destination: string
  /** Letters of `rwm`. */
  readonly access: string
}

/** A limit of one block device, which is looked up at every start: numbers change with a boot. */
export interface DeviceLimit {
  readonly kind: 'weight' | 'read-bps' | 'write-bps' | 'read-iops' | 'write-iops'
  readonly path: HostPath
  readonly value: number
}

/** All that `tsrun create` settled; enough to start the container again and again. Written to container.json. */
export interface ContainerOptions {
  /** The image's config with the options that change it merged in (Env, Labels, ExposedPorts, StopSignal). */
  readonly config: ContainerConfig
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  readonly workdir?: string
  /** As asked for (`name`, `1:2`), for `inspect` and `exec`. */
  readonly user: string
  readonly resolvedUser: ResolvedUser
  readonly terminal: boolean
  readonly interactive: boolean
  readonly autoRemove: boolean
  /** -a: what its first start is connected with. Both outputs, and the input of -i, when absent. */
  readonly attach?: readonly AttachStream[]
  readonly init: boolean
  readonly hostname: string
  readonly domainname?: string
  readonly readonlyRoot: boolean
  readonly privileged: boolean
  readonly capAdd: readonly string[]
  readonly capDrop: readonly string[]
  readonly noNewPrivileges: boolean
  readonly seccomp: SeccompChoice
  readonly mounts: readonly ContainerMount[]
  readonly shmSize?: number
  readonly namespaces?: NamespaceModes
  /** Absent: the host's. */
  readonly userNamespace?: UserNamespace
  /** What its clocks are ahead, in a time namespace of its own. */
  readonly timeOffsets?: NonNullable<RuntimeLinux['timeOffsets']>
  readonly unmasked?: boolean
  readonly writableCgroups?: boolean
  readonly devices?: readonly DeviceWish[]
  readonly deviceRules?: RuntimeResources['devices']
  readonly sysctl?: Readonly<Record<string, string>>
  readonly groupAdd?: readonly string[]
  readonly oomScoreAdj?: number
  readonly cgroupParent?: string
  readonly deviceLimits?: readonly DeviceLimit[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly resources: Omit<RuntimeResources, 'devices'>
  /** --cpus, where quota and period in `resources` come from that. */
  readonly cpus?: number
  readonly rlimits: readonly { readonly type: string; readonly soft: number; readonly hard: number }[]
  /** `bridge`, `host`, `none`, `container:ID`, or the name of a network: docker's network mode. */
  readonly network: string
  /** All networks that it is on; absent: that of the mode, if that is one. */
  readonly networks?: readonly EndpointWish[]
  /** --link */
  readonly links?: readonly ContainerLink[]
  readonly ports: readonly PortMapping[]
  readonly extraHosts: readonly { readonly name: string; readonly address: string }[]
  readonly dns: readonly string[]
  readonly dnsSearch: readonly string[]
  readonly dnsOptions: readonly string[]
  /** Seconds that `stop` waits; docker's default is 10. */
  readonly stopTimeout?: number
  readonly life?: LifeSettings
  /** File mode mask of its processes; 022 when absent. */
  readonly umask?: number
  /** Seconds after which a run is killed. */
  readonly runTimeout?: number
  /** Where the monitor writes the process id of the first process. */
  readonly pidFile?: HostPath
}

/** container.json */
export interface ContainerRecord {
  readonly version: 1
  readonly id: ContainerId
  readonly name: string
  /** As typed. */
  readonly image: string
  readonly imageId: Digest
  /** RFC 3339. */
  readonly created: string
  /** What runs: entrypoint and command. */
  readonly args: readonly string[]
  /** Layers of the image, bottom first. */
  readonly stack: Stack
  readonly options: ContainerOptions
}

/** Written by `start` beside the record: what one run of the container has. */
export interface NetworkState {
  /** Sorted by the names of their networks. */
  readonly endpoints: readonly Endpoint[]
}

/** --link CONTAINER:ALIAS */
export interface ContainerLink {
  readonly container: string
  readonly alias: string
}

/** `pid`, written by the monitor. */
export interface InitProcess extends ProcessIdentity {
  /** RFC 3339. */
  readonly startedAt: string
}

/** exit.json, written by the monitor, or by whoever finds that the monitor was killed. */
export interface ExitRecord {
  readonly exitCode: number
  /** 0 when it ended by itself. */
  readonly signal: number
  readonly oomKilled: boolean
  /** RFC 3339. */
  readonly finishedAt: string
  /** Why there is no true status. */
  readonly error?: string
}

/** restart.json, written by the monitor: the end before, and how often it was started again. */
export interface RestartRecord extends ExitRecord {
  readonly count: number
  /** It waits for the time of the next start. */
  readonly waiting: boolean
}

/** failure.json: the last start did not begin. */
export interface StartFailure {
  /** 126 and 127 as the shell has them; 128 for what is not about the command. */
  readonly exitCode: number
  readonly error: string
}

/** Derived from files and live processes, never stored: it is right after a kill -9 and after a reboot. */
export type ContainerStatus =
  | { readonly kind: 'created'; readonly failure?: StartFailure }
  | { readonly kind: 'running'; readonly init: InitProcess; readonly monitor: ProcessIdentity }
  /** It has ended and waits to be started again, as its restart policy says. */
  | {
      readonly kind: 'restarting'
      readonly exit: ExitRecord
      readonly monitor: ProcessIdentity
      readonly startedAt?: string
    }
  | { readonly kind: 'exited'; readonly exit: ExitRecord; readonly startedAt?: string }
  /** Its monitor was killed; leftovers are removed by the next command that looks. */
  | { readonly kind: 'dead'; readonly startedAt?: string }

export interface Container {
  readonly record: ContainerRecord
  readonly dir: HostPath
  readonly status: ContainerStatus
}

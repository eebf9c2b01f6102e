import type { HostPath, RuntimeLinux, RuntimeResources } from '../../foundation/oci/index.ts'
import type { EndpointWish } from '../network/index.ts'
import type { LifeSettings } from './life-settings.ts'
import type { ContainerMount } from './mount-types.ts'
import type {
  AttachStream,
  ContainerLink,
  DeviceLimit,
  DeviceWish,
  NamespaceModes,
  PortMapping,
  SeccompChoice,
} from './types.ts'

/** What a user may say of a new container; everything absent falls back to the image and then to docker's default. */
export interface CreateOptions {
  readonly name?: string
  /** Replaces Cmd; [] keeps it. */
  readonly command?: readonly string[]
  /** Replaces Entrypoint; [] clears it. */
  readonly entrypoint?: readonly string[]
  /** `NAME=value`; later wins. */
  readonly env?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  /** Absolute. */
  readonly workdir?: string
  /** `user[:group]`, names or numbers. */
  readonly user?: string
  readonly terminal?: boolean
  readonly interactive?: boolean
  /** Removes the container when it has ended. */
  readonly autoRemove?: boolean
  /** What its first start is connected with. */
  readonly attach?: readonly AttachStream[]
  readonly init?: boolean
  readonly hostname?: string
  readonly domainname?: string
  readonly readonlyRoot?: boolean
  readonly privileged?: boolean
  readonly capAdd?: readonly string[]
  readonly capDrop?: readonly string[]
  readonly noNewPrivileges?: boolean
  readonly seccomp?: SeccompChoice
  /** Settled: volumes have names. */
  readonly mounts?: readonly ContainerMount[]
  /** Bytes. */
  readonly shmSize?: number
  readonly namespaces?: NamespaceModes
  readonly timeOffsets?: NonNullable<RuntimeLinux['timeOffsets']>
  readonly writableCgroups?: boolean
  /** Nothing of /proc and /sys is hidden or read-only. */
  readonly unmasked?: boolean
  readonly devices?: readonly DeviceWish[]
  readonly deviceRules?: RuntimeResources['devices']
  readonly sysctl?: Readonly<Record<string, string>>
  /** Names or numbers, besides those of the user. */
  readonly groupAdd?: readonly string[]
  readonly oomScoreAdj?: number
  /** Path below the root of each cgroup hierarchy; `tsbuild` when absent. */
  readonly cgroupParent?: string
  readonly deviceLimits?: readonly DeviceLimit[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly resources?: Omit<RuntimeResources, 'devices'>
  /** --cpus, where quota and period in `resources` come from that. */
  readonly cpus?: number
  readonly rlimits?: readonly { readonly type: string; readonly soft: number; readonly hard: number }[]
  /** As docker's network mode; `bridge` when absent. */
  readonly network?: string
  /** Networks with what is wished there; absent: that of the mode. */
  readonly networks?: readonly EndpointWish[]
  readonly links?: readonly ContainerLink[]
  readonly ports?: readonly PortMapping[]
  /** -P: every exposed port on a free port of the host. */
  readonly publishAll?: boolean
  /** `NAME/tcp` of --expose. */
  readonly expose?: readonly string[]
  readonly extraHosts?: readonly { readonly name: string; readonly address: string }[]
  readonly dns?: readonly string[]
  readonly dnsSearch?: readonly string[]
  readonly dnsOptions?: readonly string[]
  readonly stopSignal?: string
  /** Seconds. */
  readonly stopTimeout?: number
  readonly life?: LifeSettings
  /** File mode mask of its processes; 022 when absent. */
  readonly umask?: number
  /** Seconds after which a run is killed; never when absent. */
  readonly runTimeout?: number
  /** Where the process id of its first process is written at every start. Absolute. */
  readonly pidFile?: HostPath
  /** Variables of the image that it does not get. */
  readonly unsetEnv?: 'all' | readonly string[]
}

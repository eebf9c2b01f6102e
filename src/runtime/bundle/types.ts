import type {
  ContainerConfig,
  RuntimeDevice,
  RuntimeLinux,
  RuntimeMount,
  RuntimeResources,
} from '../../foundation/oci/index.ts'

/** A user as numbers, found in the image's own passwd and group. */
export interface ResolvedUser {
  readonly uid: number
  readonly gid: number
  /** All groups of the process, `gid` included. */
  readonly additionalGids: readonly number[]
  readonly home: string
}

/** What the machine has; pure code cannot look. Absent members mean "as much as Linux knows". */
export interface BundleHost {
  /** `CAP_*` that this process may hand on (see `capabilitiesInMask`). */
  readonly capabilities?: readonly string[]
  /** Possible CPUs; their thermal counters are masked. */
  readonly cpuCount?: number
  /** Device nodes that privileged containers get. */
  readonly devices?: readonly RuntimeDevice[]
}

/** What `docker run` lets one say; everything optional falls back to the image and then to docker's default. */
export interface BundleOptions {
  readonly config: ContainerConfig
  readonly user: ResolvedUser
  /** Overrides Cmd (and nothing else). */
  readonly command?: readonly string[]
  /** Overrides Entrypoint and drops the image's Cmd; [] clears it. */
  readonly entrypoint?: readonly string[]
  /** `NAME=value`; later wins; `NAME` removes. */
  readonly env?: readonly string[]
  readonly workdir?: string
  readonly hostname?: string
  readonly domainname?: string
  readonly terminal?: { readonly height: number; readonly width: number }
  readonly readonlyRoot?: boolean
  readonly mounts?: readonly RuntimeMount[]
  /** Bytes of /dev/shm; 64 MiB when absent, 0 leaves it out. */
  readonly shmSize?: number
  readonly privileged?: boolean
  readonly capAdd?: readonly string[]
  readonly capDrop?: readonly string[]
  readonly noNewPrivileges?: boolean
  readonly resources?: Omit<RuntimeResources, 'devices'>
  /** Nodes to make, each with what may be done with it (`rwm`). */
  readonly devices?: readonly (RuntimeDevice & { readonly access?: string })[]
  /** -1 is unlimited. */
  readonly rlimits?: readonly { readonly type: string; readonly soft: number; readonly hard: number }[]
  /** File mode mask; 022 when absent. */
  readonly umask?: number
  readonly sysctl?: Readonly<Record<string, string>>
  readonly oomScoreAdj?: number
  /** Besides the defaults and those of `devices`. */
  readonly deviceRules?: RuntimeResources['devices']
  /** Nothing of /proc and /sys is hidden or read-only. */
  readonly unmasked?: boolean
  /** Namespaces of another container: paths such as /proc/PID/ns/ipc. */
  readonly join?: Readonly<Partial<Record<'pid' | 'network' | 'ipc' | 'uts', string>>>
  readonly userNamespace?: OwnIds
  readonly time?: OwnClocks
  /** /sys/fs/cgroup can be written, without being privileged. */
  readonly writableCgroups?: boolean
  /** Mount namespace whose /dev/shm is shared, with `join.ipc`. */
  readonly joinShm?: string
  /** Namespaces shared with the host instead of private ones. */
  readonly share?: readonly ('pid' | 'network' | 'ipc' | 'uts' | 'cgroup')[]
  readonly cgroupsPath?: string
  readonly host?: BundleHost
}

/** A user namespace: a new one, or that of a path, which has the same mappings. */
export interface OwnIds {
  readonly uids: NonNullable<RuntimeLinux['uidMappings']>
  readonly gids: NonNullable<RuntimeLinux['gidMappings']>
  readonly path?: string
}

/** A time namespace, likewise. */
export interface OwnClocks {
  readonly offsets?: NonNullable<RuntimeLinux['timeOffsets']>
  readonly path?: string
}

/** A RUN step of a build. */
export interface StepOptions {
  readonly args: readonly string[]
  /** `NAME=value`; later wins. */
  readonly env: readonly string[]
  readonly cwd: string
  readonly user: ResolvedUser
  /** `tsbuild` when absent: the same on every machine, since a command may write it into a file. */
  readonly hostname?: string
  /** `host` shares the host's network namespace. */
  readonly network: 'default' | 'none' | 'host'
  readonly mounts?: readonly RuntimeMount[]
  /** Bytes of /dev/shm; 64 MiB when absent. */
  readonly shmSize?: number
  /** RUN --security=insecure: every capability (ambient too, so for every user), every device, nothing masked. */
  readonly privileged?: boolean
  /** Nodes to make, each with what may be done with it (`rwm`). */
  readonly devices?: readonly (RuntimeDevice & { readonly access?: string })[]
  readonly resources?: Omit<RuntimeResources, 'devices'>
  readonly rlimits?: readonly { readonly type: string; readonly soft: number; readonly hard: number }[]
  readonly cgroupsPath?: string
  readonly host?: BundleHost
}

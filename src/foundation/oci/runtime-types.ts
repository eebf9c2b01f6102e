/** The part of the OCI runtime-spec (config.json, v1.2) that this project writes and reads. */
export interface RuntimeSpec {
  readonly ociVersion: string
  readonly process: RuntimeProcess
  readonly root: { readonly path: string; readonly readonly?: boolean }
  readonly hostname?: string
  readonly domainname?: string
  readonly mounts: readonly RuntimeMount[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly linux: RuntimeLinux
}

export interface RuntimeProcess {
  readonly terminal: boolean
  readonly consoleSize?: { readonly height: number; readonly width: number }
  readonly user: {
    readonly uid: number
    readonly gid: number
    readonly umask?: number
    readonly additionalGids: readonly number[]
  }
  readonly args: readonly string[]
  readonly env: readonly string[]
  readonly cwd: string
  readonly capabilities: Readonly<
    Record<'bounding' | 'effective' | 'permitted' | 'inheritable' | 'ambient', readonly string[]>
  >
  readonly rlimits: readonly {
    readonly type: string
    readonly soft: number
    readonly hard: number
  }[]
  readonly noNewPrivileges: boolean
  readonly oomScoreAdj?: number
}

export interface RuntimeMount {
  readonly destination: string
  readonly type: string
  readonly source: string
  /** mount(8) words: `nosuid`, `ro`, `rbind`, `rprivate`, `mode=755`, `size=65536k`, ... */
  readonly options: readonly string[]
}

export type NamespaceType = 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time'

export interface RuntimeLinux {
  readonly namespaces: readonly {
    readonly type: NamespaceType
    readonly path?: string
  }[]
  readonly uidMappings?: readonly {
    readonly containerID: number
    readonly hostID: number
    readonly size: number
  }[]
  readonly gidMappings?: readonly {
    readonly containerID: number
    readonly hostID: number
    readonly size: number
  }[]
  /** Of a new time namespace: what its clocks are ahead of the host's. */
  readonly timeOffsets?: Readonly<Partial<Record<'monotonic' | 'boottime', TimeOffset>>>
  readonly devices: readonly RuntimeDevice[]
  readonly cgroupsPath?: string
  readonly resources: RuntimeResources
  readonly seccomp?: Seccomp
  readonly maskedPaths: readonly string[]
  readonly readonlyPaths: readonly string[]
  readonly sysctl?: Readonly<Record<string, string>>
  readonly rootfsPropagation?: string
}

/** Whole seconds, which may be negative, and nanoseconds on top. */
export interface TimeOffset {
  readonly secs: number
  readonly nanosecs: number
}

export interface RuntimeDevice {
  readonly path: string
  readonly type: 'c' | 'b' | 'u' | 'p'
  readonly major: number
  readonly minor: number
  readonly fileMode?: number
  readonly uid?: number
  readonly gid?: number
}

export interface RuntimeResources {
  readonly devices: readonly {
    readonly allow: boolean
    readonly type?: string
    readonly major?: number
    readonly minor?: number
    readonly access?: string
  }[]
  /** Bytes; -1 is unlimited. */
  readonly memory?: {
    readonly limit?: number
    readonly reservation?: number
    readonly swap?: number
    readonly swappiness?: number
    readonly disableOOMKiller?: boolean
  }
  /** Microseconds for quota and period. */
  readonly cpu?: {
    readonly shares?: number
    readonly quota?: number
    readonly period?: number
    readonly cpus?: string
    readonly mems?: string
  }
  readonly pids?: { readonly limit: number }
  readonly blockIO?: {
    readonly weight?: number
    readonly weightDevice?: readonly BlockWeight[]
    readonly throttleReadBpsDevice?: readonly BlockRate[]
    readonly throttleWriteBpsDevice?: readonly BlockRate[]
    readonly throttleReadIOPSDevice?: readonly BlockRate[]
    readonly throttleWriteIOPSDevice?: readonly BlockRate[]
  }
  /** Files of cgroup v2 by name, written as they are. */
  readonly unified?: Readonly<Record<string, string>>
}

export interface BlockWeight {
  readonly major: number
  readonly minor: number
  readonly weight: number
}

/** Bytes or operations per second. */
export interface BlockRate {
  readonly major: number
  readonly minor: number
  readonly rate: number
}

/** runtime-spec config-linux.md#seccomp */
export interface Seccomp {
  readonly defaultAction: string
  readonly defaultErrnoRet?: number
  readonly architectures: readonly string[]
  readonly syscalls: readonly {
    readonly names: readonly string[]
    readonly action: string
    readonly errnoRet?: number
    readonly args?: readonly {
      readonly index: number
      readonly value: number
      readonly valueTwo?: number
      readonly op: string
    }[]
  }[]
}

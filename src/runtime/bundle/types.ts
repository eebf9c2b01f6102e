import type { ContainerConfig, RuntimeMount, RuntimeResources } from '../../foundation/oci/index.ts'

/** A user as numbers, found in the image's own passwd and group. */
export interface ResolvedUser {
  readonly uid: number
  readonly gid: number
  readonly additionalGids: readonly number[]
  readonly home: string
}

/** What `docker run` lets one say; everything optional falls back to the image and then to docker's default. */
export interface BundleOptions {
  readonly config: ContainerConfig
  readonly user: ResolvedUser
  /** Overrides Cmd (and nothing else). */
  readonly command?: readonly string[]
  /** Overrides Entrypoint and drops the image's Cmd; [] clears it. */
  readonly entrypoint?: readonly string[]
  /** `NAME=value`; later wins. */
  readonly env?: readonly string[]
  readonly workdir?: string
  readonly hostname?: string
  readonly domainname?: string
  readonly terminal?: { readonly height: number; readonly width: number }
  readonly readonlyRoot?: boolean
  readonly mounts?: readonly RuntimeMount[]
  readonly shmSize?: number
  readonly privileged?: boolean
  readonly capAdd?: readonly string[]
  readonly capDrop?: readonly string[]
  readonly noNewPrivileges?: boolean
  readonly resources?: Omit<RuntimeResources, 'devices'>
  readonly rlimits?: readonly {
    readonly type: string
    readonly soft: number
    readonly hard: number
  }[]
  readonly sysctl?: Readonly<Record<string, string>>
  readonly oomScoreAdj?: number
  /** Namespaces shared with the host instead of private ones. */
  readonly share?: readonly ('pid' | 'network' | 'ipc' | 'uts' | 'cgroup')[]
  readonly cgroupsPath?: string
}

import type { HostPath, RuntimeSpec } from '../oci/index.ts'

/** A file system state as data: what the helper mounts, in the private mount namespace of one process. */
export type RootMount =
  | {
      readonly kind: 'overlay'
      /** Topmost first; at least one. */
      readonly lower: readonly HostPath[]
      /** Both or neither; without them the mount is read-only. */
      readonly upper?: HostPath
      readonly work?: HostPath
    }
  | {
      readonly kind: 'bind'
      readonly source: HostPath
      readonly readonly: boolean
    }

export type NetworkSetup =
  /** A new network namespace with only `lo`. */
  | { readonly kind: 'none' }
  /** The host's network namespace. */
  | { readonly kind: 'host' }
  /** Joins an existing namespace, e.g. /proc/123/ns/net. */
  | { readonly kind: 'path'; readonly path: HostPath }
  /** A new namespace joined to `bridge` by a veth pair; made by the helper, gone with the namespace. */
  | {
      readonly kind: 'bridge'
      readonly bridge: string
      /** Name of the host's end, at most 15 characters. */
      readonly hostInterface: string
      /** `10.88.0.5` */
      readonly address: string
      readonly prefix: number
      readonly gateway: string
      readonly macAddress?: string
    }

/** Everything the helper needs to start one container. Policy is settled: nothing in here is looked up again. */
export interface ContainerRequest {
  readonly spec: RuntimeSpec
  readonly root: RootMount
  readonly network: NetworkSetup
  /** Compiled seccomp program (struct sock_filter[]); none means no filter. */
  readonly seccomp?: Uint8Array
  /** Existing cgroup directories that the process joins (one on v2, several on v1); removed by the helper at the end. */
  readonly cgroups: readonly HostPath[]
  /** Run the helper's `init` as pid 1, which forwards signals and reaps. */
  readonly init?: boolean
}

export interface ExitStatus {
  /** 0..255; 128+n when ended by signal n; 126 and 127 when the program could not be executed or found. */
  readonly code: number
  readonly signal?: number
  readonly oomKilled?: boolean
}

export type Stdio = 'ignore' | 'inherit' | 'pipe' | number

import type { HostPath, RuntimeResources } from '../../foundation/oci/index.ts'

export type Controller = 'blkio' | 'cpu' | 'cpuacct' | 'cpuset' | 'devices' | 'freezer' | 'memory' | 'pids'

/** Where this machine's cgroups are. A hybrid machine has both halves; a controller is in one of them. */
export interface CgroupHierarchy {
  readonly v1: Readonly<Partial<Record<Controller, HostPath>>>
  readonly v2?: {
    readonly root: HostPath
    /** Of cgroup.controllers at the root, by v2's own names: `io`, `memory`, ... */
    readonly controllers: readonly string[]
  }
}

export interface CgroupRequest {
  /** Letters, digits, `_`, `.` and `-`. */
  readonly id: string
  /** Path under each hierarchy's root, `tsbuild` when absent. Never relative to our own cgroup, which may be limited or go away. */
  readonly parent?: string
  readonly resources: Partial<RuntimeResources>
  /** Controllers wanted without a limit, for statistics or for freezing. Skipped where the machine lacks them. */
  readonly also?: readonly Controller[]
  readonly hierarchy: CgroupHierarchy
}

export interface CgroupFile {
  readonly path: HostPath
  readonly value: string
  /** What the user asked for, for messages: `memory limit`. */
  readonly purpose: string
  /** Another name of the same knob, tried when `path` does not exist. */
  readonly instead?: { readonly path: HostPath; readonly value: string }
  /** A default that is left out where the kernel does not have it; what the user asked for never is. */
  readonly optional?: boolean
  /** Left out where the kernel does not have it, and told: `createCgroup` gives the purpose. */
  readonly mayLack?: boolean
}

/** Directories to make and files to write for one container, in order. */
export interface CgroupPlan {
  /** One per hierarchy used. */
  readonly directories: readonly HostPath[]
  readonly files: readonly CgroupFile[]
  /** Directories of v1's cpuset, top down: processes cannot join before CPUs and memory nodes are filled in. */
  readonly cpusets: readonly HostPath[]
  /** What the container's first process joins. */
  readonly join: readonly HostPath[]
  /** v2 only: the device rules, for the cgroup2 directory of `join`. Whoever starts the first process attaches it. */
  readonly deviceProgram?: Uint8Array
}

/** What a cgroup used so far; a member is absent when no joined hierarchy knows it. */
export interface CgroupStats {
  readonly memory?: {
    /** Bytes, page cache that can be dropped left out. */
    readonly usage: number
    /** Bytes; absent when unlimited. */
    readonly limit?: number
    /** Processes killed for want of memory. */
    readonly oomKills: number
  }
  readonly cpu?: {
    /** Microseconds of CPU time. */
    readonly usage: number
    /** Periods in which the quota ran out. */
    readonly throttled?: number
  }
  readonly pids?: { readonly current: number; readonly limit?: number }
  /** Bytes. */
  readonly io?: { readonly read: number; readonly written: number }
}

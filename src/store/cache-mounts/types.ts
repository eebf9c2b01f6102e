import type { HostPath } from '../../foundation/oci/index.ts'

/** What a cache is known by: equal values are one cache. None of the texts ever becomes part of a path. */
export interface CacheMountName {
  readonly id: string
  readonly uid: number
  readonly gid: number
  readonly mode: number
  /** Digest of what it holds when it is made; absent is nothing. */
  readonly content?: string
}

/** As RUN --mount=type=cache has it: several users at once; each its own directory; one after the other. */
export type Sharing = 'shared' | 'private' | 'locked'

/** A cache while a step uses it. Lapses with this process. */
export interface CacheMount {
  /** Holds one entry, `data`: the directory (or the file) that the step sees. The step cannot replace it. */
  readonly directory: HostPath
  release(): void
}

export interface CacheMountUsage {
  /** As `CacheMountName` has it, for people. */
  readonly id: string
  /** All of it; undefined when a crash tore the note of it. */
  readonly name: CacheMountName | undefined
  readonly inUse: boolean
  /** Milliseconds since the epoch. */
  readonly lastUsed: number
  /** Bytes on the disk. */
  readonly size: number
}

export interface PruneCaches {
  /** Only those not used since: milliseconds since the epoch. Absent: all. */
  readonly unusedSince?: number
  readonly id?: string
}

/** Directories that outlive builds, by name. */
export interface CacheMounts {
  /**
   * Waits for a `locked` cache that others use. `fill` makes `data` in the empty directory that it is given, when the cache is
   * new; a cache whose making was interrupted is never seen. Throws when aborted, `locked`, `store-io`.
   */
  acquire(
    name: CacheMountName,
    options: {
      readonly sharing: Sharing
      readonly signal: AbortSignal
      readonly fill: (directory: HostPath) => void
    },
  ): Promise<CacheMount>
  list(): readonly CacheMountUsage[]
  /** Renames those that nobody uses to the trash of the store. Returns what was dropped. */
  prune(which?: PruneCaches): Promise<readonly CacheMountUsage[]>
}

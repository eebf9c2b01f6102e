/** What `RUN --mount=...` says, with docker's defaults put in. Paths are as written; variables are expanded. */
export type MountOption =
  | BindMountOption
  | CacheMountOption
  | TmpfsMountOption
  | SecretMountOption
  | SshMountOption

export interface BindMountOption {
  readonly type: 'bind'
  /** May be relative to the working directory; '' is the working directory itself. */
  readonly target: string
  /** Stage, image or named context; absent is the build context. */
  readonly from?: string
  /** Path in it; '' is all of it. */
  readonly source: string
  readonly readonly: boolean
}

export interface CacheMountOption {
  readonly type: 'cache'
  /** As for bind. */
  readonly target: string
  /** Default: the target as written, cleaned. */
  readonly id: string
  readonly sharing: 'shared' | 'private' | 'locked'
  /** Absent: the cache starts empty. */
  readonly from?: string
  readonly source: string
  readonly readonly: boolean
  readonly uid: number
  readonly gid: number
  /** Default 0755. */
  readonly mode: number
  /** One of uid, gid, mode was said: without a `source` the cache then starts as an empty directory, whatever `from` is. */
  readonly owned: boolean
}

export interface TmpfsMountOption {
  readonly type: 'tmpfs'
  /** As for bind. */
  readonly target: string
  /** Bytes; absent is no limit of its own. */
  readonly size?: number
  readonly readonly: boolean
}

export interface SecretMountOption {
  readonly type: 'secret'
  /** Default: the last part of the target. */
  readonly id: string
  /** Default: /run/secrets/ and the last part of the id; absent when only `env` was said. */
  readonly target?: string
  /** Name of the variable that holds it. */
  readonly env?: string
  readonly required: boolean
  readonly uid: number
  readonly gid: number
  /** Default 0400. */
  readonly mode: number
}

export interface SshMountOption {
  readonly type: 'ssh'
  /** Default: `default`. */
  readonly id: string
  /** Default: /run/buildkit/ssh_agent.N, where N counts the ssh mounts of the step from 0. */
  readonly target?: string
  readonly required: boolean
  readonly uid: number
  readonly gid: number
  /** Default 0600. */
  readonly mode: number
}

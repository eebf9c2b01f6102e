import type { ContainerPath, Digest, HostPath } from '../../foundation/oci/index.ts'
import type { Stack } from '../../store/snapshot/index.ts'

/**
 * A mount that a user asked for, or that the image or another container brings, as it was settled when the container was made.
 * `options` are mount(8) words. What depends on the moment (where a volume lies) is looked up at each start.
 */
export type ContainerMount = BindMount | VolumeMount | TmpfsMount | ImageMount

interface MountBase {
  /** Clean. */
  readonly destination: ContainerPath
  readonly options: readonly string[]
  /** What follows the second colon of -v, for `inspect`; docker shows `z` for a volume without. */
  readonly mode?: string
  /** Given with --mount, which docker's `inspect` keeps apart from -v and --tmpfs. */
  readonly byMount?: boolean
}

export interface BindMount extends MountBase {
  readonly type: 'bind'
  readonly source: HostPath
}

export interface VolumeMount extends MountBase {
  readonly type: 'volume'
  /** Of the volume. */
  readonly name: string
  /** A user named it: it stays when the container is removed with its volumes. */
  readonly named: boolean
  /** A directory in the volume, instead of its top. */
  readonly subpath?: string
}

export interface TmpfsMount extends MountBase {
  readonly type: 'tmpfs'
  readonly source: string
}

export interface ImageMount extends MountBase {
  readonly type: 'image'
  /** As typed. */
  readonly image: string
  readonly imageId: Digest
  readonly stack: Stack
  readonly subpath?: string
}

/** Can files be written there? */
export const isReadonlyMount = ({ type, options }: ContainerMount): boolean =>
  type === 'image' || options.includes('ro') || options.includes('rro')

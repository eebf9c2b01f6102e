import { statSync } from 'node:fs'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import { cleanInRoot } from '../../foundation/filetree/index.ts'
import type { ContainerPath, HostPath } from '../../foundation/oci/index.ts'
import { makeDirectories } from '../../foundation/sys/index.ts'
import {
  ContainerError,
  type ContainerMount,
  type ImageMount,
  type VolumeMount,
} from '../../runtime/container/index.ts'
import type { ImageStore } from '../../store/image/index.ts'
import { requireImage } from '../images.ts'

interface WishBase {
  readonly destination: ContainerPath
  /** Given with --mount. */
  readonly byMount?: boolean
  /** As written behind the second colon of -v. */
  readonly mode?: string
  /** Of a bind or volume: with a user namespace the ids there are those inside, as in the root. */
  readonly idmap?: boolean
  /** Of a bind or volume: what is there is given to the container's user first. */
  readonly chown?: boolean
}

/** A mount as a user asks for it. */
export type MountWish = BindWish | VolumeWish | TmpfsWish | ImageWish

export interface BindWish extends WishBase {
  readonly kind: 'bind'
  /** Absolute. */
  readonly source: HostPath
  readonly readonly: boolean
  /** Makes a missing source as a directory (-v does, --mount does not). */
  readonly createSource: boolean
  /** `rprivate` when absent. */
  readonly propagation?: string
  /** What becomes of mounts below the source: they come too, read-only as the mount itself (`enabled`); they do not; they stay writable. */
  readonly recursive?: 'enabled' | 'disabled' | 'writable' | 'readonly'
}

export interface VolumeWish extends WishBase {
  readonly kind: 'volume'
  /** Absent: one of its own, which goes with the container. */
  readonly name?: string
  readonly readonly: boolean
  /** An empty volume gets what the image has there. */
  readonly copy: boolean
  readonly subpath?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly driverOptions?: Readonly<Record<string, string>>
}

export interface TmpfsWish extends WishBase {
  readonly kind: 'tmpfs'
  readonly options: readonly string[]
  /** Not where another container (--volumes-from) or the image has something. */
  readonly yields?: boolean
}

export interface ImageWish extends WishBase {
  readonly kind: 'image'
  readonly image: string
  readonly subpath?: string
}

/** Where the wish is in the container: the same path is the same text. */
export const destinationOf = ({ destination }: Pick<WishBase, 'destination'>): ContainerPath =>
  `/${cleanInRoot(destination)}`

/** A wish as the container's record has it; the source of a bind is there afterwards. `name` is that of the volume. Throws `bad-mount`, `image-not-found`. */
export const settleWish = (wish: MountWish, name: string, images: ImageStore): ContainerMount => {
  const base = {
    destination: destinationOf(wish),
    ...(wish.mode === undefined ? {} : { mode: wish.mode }),
    ...(wish.byMount ? { byMount: true } : {}),
  }
  switch (wish.kind) {
    case 'bind':
      if (!statSync(wish.source, { throwIfNoEntry: false })) makeSource(wish)
      return {
        ...base,
        type: 'bind',
        source: wish.source,
        options: [...bindOptions(wish), ...translation(wish)],
      }
    case 'tmpfs':
      // Docker's options; those given later win.
      return {
        ...base,
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['noexec', 'nosuid', 'nodev', ...wish.options],
      }
    case 'volume':
      return { ...base, ...volumeMount(wish, name) }
    case 'image':
      return { ...base, ...imageMount(wish, images) }
  }
}

const bindOptions = ({ recursive = 'enabled', propagation, readonly }: BindWish): readonly string[] => [
  recursive === 'disabled' ? 'bind' : 'rbind',
  propagation ?? 'rprivate',
  ...(readonly ? [recursive === 'writable' || recursive === 'disabled' ? 'ro' : 'rro'] : []),
]

const translation = ({ idmap }: WishBase): readonly string[] => (idmap ? ['idmap'] : [])

const volumeMount = (wish: VolumeWish, name: string): Omit<VolumeMount, 'destination'> => ({
  type: 'volume',
  name,
  named: wish.name !== undefined,
  options: ['rbind', 'rprivate', ...(wish.readonly ? ['ro'] : []), ...translation(wish)],
  ...(wish.subpath === undefined ? {} : { subpath: wish.subpath }),
})

const imageMount = ({ image, subpath }: ImageWish, images: ImageStore): Omit<ImageMount, 'destination'> => {
  const { id, stack } = requireImage(images, image)
  return {
    type: 'image',
    image,
    imageId: id,
    stack,
    options: ['bind', 'rprivate', 'ro'],
    ...(subpath === undefined ? {} : { subpath }),
  }
}

const makeSource = ({ source, createSource }: BindWish): void => {
  if (!createSource) {
    throw new ContainerError('bad-mount', `bind ${source}: there is no such path`, {
      exitCode: exitCode.engine,
      hint: 'make it first, or use -v, which makes a directory',
    })
  }
  try {
    makeDirectories(source, 0o755)
  } catch (error) {
    throw new ContainerError('bad-mount', `make ${source}: ${errnoOf(error) ?? String(error)}`, {
      exitCode: exitCode.engine,
      cause: error,
    })
  }
}

/** Docker refuses a destination that is given twice. Throws `duplicate-mount`. */
export const refuseDuplicates = (wishes: readonly MountWish[]): void => {
  const taken = new Set<string>()
  for (const destination of wishes.map(destinationOf)) {
    if (taken.has(destination))
      throw new AppError('duplicate-mount', `mount ${destination}: it is a mount point already`, {
        exitCode: exitCode.engine,
        hint: 'give each destination once',
      })
    taken.add(destination)
  }
}

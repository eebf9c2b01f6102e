import { exitCode } from '../../foundation/errors/index.ts'
import type { MountTree } from '../../foundation/native/index.ts'
import type { HostPath, RuntimeMount } from '../../foundation/oci/index.ts'
import type { SnapshotStore } from '../../store/snapshot/index.ts'
import type { Volume, VolumeStore } from '../../store/volume/index.ts'
import { ContainerError } from './errors.ts'
import { checkPropagation } from './mount-propagation.ts'
import type { ContainerMount, ImageMount, VolumeMount } from './mount-types.ts'

/** Mounts as the helper makes them, and the trees that some of them take their source from, by destination. */
export interface ResolvedMounts {
  readonly mounts: readonly RuntimeMount[]
  readonly trees: ReadonlyMap<string, MountTree>
}

/**
 * Looks up what the container's mounts stand for now: directories of volumes, layers of images. Throws `bad-mount` when something
 * is not there any more, or the host's mounts do not allow the propagation.
 */
export const resolveMounts = async (
  root: HostPath,
  snapshots: SnapshotStore,
  wanted: readonly ContainerMount[],
): Promise<ResolvedMounts> => {
  const mounts: RuntimeMount[] = []
  const trees = new Map<string, MountTree>()
  let volumes: VolumeStore | undefined
  for (const mount of wanted) {
    switch (mount.type) {
      case 'bind':
        checkPropagation(mount)
        mounts.push(plain(mount, 'bind', mount.source))
        break
      case 'tmpfs':
        mounts.push(plain(mount, 'tmpfs', mount.source))
        break
      case 'volume':
        // Most containers have no volume: what knows about them is not loaded then.
        volumes ??= (await import('../../store/volume/index.ts')).openVolumes(root)
        mounts.push(ofVolume(mount, volumes.get(mount.name), trees))
        break
      case 'image':
        trees.set(mount.destination, await snapshots.view(mount.stack))
        mounts.push(ofImage(mount))
    }
  }
  return { mounts, trees }
}

const plain = (
  { destination, options }: Pick<ContainerMount, 'destination' | 'options'>,
  type: string,
  source: string,
): RuntimeMount => ({ destination, type, source, options })

/** A path in a tree is resolved inside it: a symlink in a volume or an image cannot lead to a file of the host. */
const inTree = (subpath: string | undefined): string => `/${subpath ?? ''}`

const ofImage = (mount: ImageMount): RuntimeMount => plain(mount, 'bind', inTree(mount.subpath))

const ofVolume = (
  mount: VolumeMount,
  volume: Volume | undefined,
  trees: Map<string, MountTree>,
): RuntimeMount => {
  if (!volume) {
    throw new ContainerError('bad-mount', `mount volume ${mount.name} at ${mount.destination}: it is gone`, {
      exitCode: exitCode.engine,
      hint: `make it again with: tsrun volume create ${mount.name}`,
    })
  }
  const { type, device, o = '' } = volume.options
  const words = o === '' ? [] : o.split(',')
  if (type !== undefined && device !== undefined && !isBind(words)) {
    const own = mount.options.filter((word) => word === 'ro')
    return { destination: mount.destination, type, source: device, options: [...words, ...own] }
  }
  const directory = device ?? volume.mountpoint
  if (mount.subpath === undefined) {
    const kept = words.filter((word) => word !== 'bind' && word !== 'rbind')
    return plain({ ...mount, options: [...kept, ...mount.options] }, 'bind', directory)
  }
  trees.set(mount.destination, { kind: 'bind', source: directory, readonly: false })
  // Only the tree itself: the container's own root is mounted over it in the meantime.
  const options = mount.options.map((word) => (word === 'rbind' ? 'bind' : word))
  return plain({ ...mount, options }, 'bind', inTree(mount.subpath))
}

const isBind = (words: readonly string[]): boolean => words.includes('bind') || words.includes('rbind')

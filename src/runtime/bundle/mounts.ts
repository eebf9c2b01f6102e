import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { RuntimeMount } from '../../foundation/oci/index.ts'
import { cleanContainerPath } from './container-path.ts'
import { type OutsideNamespaces, outsideMounts } from './outside-mounts.ts'

/** Bytes. */
export const defaultShmSize = 64 << 20

export interface MountChoice {
  /** Bytes of /dev/shm; 0 leaves it out. */
  readonly shmSize?: number
  /** /sys and its cgroups can be written. */
  readonly privileged?: boolean
  /** /dev/shm and /dev/mqueue are the host's. */
  readonly hostIpc?: boolean
  /** Mount namespace of the container whose /dev/shm this one has too. */
  readonly joinedIpc?: string
  /** /sys/fs/cgroup can be written. */
  readonly writableCgroups?: boolean
  /** With a user namespace: the namespaces that do not belong to it. */
  readonly outside?: OutsideNamespaces
  /** The user's. */
  readonly mounts?: readonly RuntimeMount[]
}

/**
 * Docker's mounts and the user's, parents before children. One of the user's replaces docker's of the same destination,
 * and one over /dev those below it too. Throws `invalid-mount` and `duplicate-mount`.
 */
export const arrangeMounts = (choice: MountChoice): readonly RuntimeMount[] => {
  const users = (choice.mounts ?? []).map(checked)
  const taken = new Set<string>()
  for (const { destination } of users) {
    if (taken.has(destination))
      throw new AppError('duplicate-mount', `mount ${destination}: it is a mount point already`, {
        exitCode: exitCode.engine,
        hint: 'give each destination once',
      })
    taken.add(destination)
  }
  const defaults = defaultMounts(choice)
  const kept = (choice.outside ? outsideMounts(defaults, choice.outside) : defaults).filter(
    ({ destination }) => !taken.has(destination) && !(taken.has('/dev') && destination.startsWith('/dev/')),
  )
  const depth = ({ destination }: RuntimeMount): number => destination.split('/').length
  return [...kept, ...users.toSorted((a, b) => depth(a) - depth(b))]
}

const checked = (mount: RuntimeMount): RuntimeMount => {
  const destination = cleanContainerPath(mount.destination)
  if (destination === undefined || destination === '/')
    throw new AppError(
      'invalid-mount',
      `mount ${mount.source} at "${mount.destination}": expected an absolute path other than /`,
      { exitCode: exitCode.engine },
    )
  return { ...mount, destination }
}

const defaultMounts = ({
  shmSize,
  privileged,
  hostIpc,
  joinedIpc,
  writableCgroups,
}: MountChoice): readonly RuntimeMount[] => {
  const inert = ['nosuid', 'noexec', 'nodev']
  const ro = privileged ? [] : ['ro']
  return [
    mount('/proc', 'proc', 'proc', inert),
    mount('/dev', 'tmpfs', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    mount('/dev/pts', 'devpts', 'devpts', [
      'nosuid',
      'noexec',
      'newinstance',
      'ptmxmode=0666',
      'mode=0620',
      'gid=5',
    ]),
    mount('/sys', 'sysfs', 'sysfs', [...inert, ...ro]),
    mount('/sys/fs/cgroup', 'cgroup', 'cgroup', [...(writableCgroups ? [] : ro), ...inert]),
    // Queues belong to the namespace, whoever mounts them.
    mount('/dev/mqueue', 'mqueue', 'mqueue', inert),
    ...(hostIpc ? [bind('/dev/shm')] : shmMount(shmSize, joinedIpc)),
  ]
}

const shmMount = (shmSize = defaultShmSize, joinedIpc?: string): readonly RuntimeMount[] => {
  const inert = ['nosuid', 'noexec', 'nodev']
  // The helper's own type: what is mounted at the same place in that namespace.
  if (joinedIpc !== undefined) return [mount('/dev/shm', 'namespace', joinedIpc, ['bind', ...inert])]
  return shmSize === 0 ? [] : [mount('/dev/shm', 'tmpfs', 'shm', [...inert, 'mode=1777', `size=${shmSize}`])]
}

const mount = (
  destination: string,
  type: string,
  source: string,
  options: readonly string[],
): RuntimeMount => ({ destination, type, source, options })

const bind = (path: string): RuntimeMount => mount(path, 'bind', path, ['rbind', 'rprivate'])

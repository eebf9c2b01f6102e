import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { exitCode } from '../../foundation/errors/index.ts'
import { giveTree, type NewOwner } from '../../foundation/native/index.ts'
import { ownedName } from '../../foundation/sys/index.ts'
import {
  type Container,
  ContainerError,
  type ContainerMount,
  type ContainerStore,
  type VolumeMount,
} from '../../runtime/container/index.ts'
import type { Image } from '../../store/image/index.ts'
import { addTree, writeEntries } from '../../store/snapshot/index.ts'
import type { VolumeStore, VolumesHeld } from '../../store/volume/index.ts'
import type { Store } from '../store.ts'
import { giveToUser } from './give-to-user.ts'
import { destinationOf, type MountWish, refuseDuplicates, settleWish, type VolumeWish } from './mounts.ts'
import { mountsFrom } from './volumes-from.ts'

export interface MountRequest {
  readonly wishes: readonly MountWish[]
  /** `CONTAINER[:ro|rw]` */
  readonly volumesFrom: readonly string[]
  /** The container goes when it has ended, and its anonymous volumes with it. */
  readonly autoRemove: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Whose a new volume is: it belongs to the ids of a user namespace. */
  readonly newVolumes?: NewOwner | undefined
}

/** The mounts of a container in the making. Its volumes are held, so that nobody removes them before the container is there. */
export interface SettledMounts {
  readonly mounts: readonly ContainerMount[]
  /** The container is there now: empty volumes get what the image has at their place, and what is asked for goes to its user. */
  created(container: Container): void
  /** There will be no container: volumes that were made for it go. */
  failed(): void
  [Symbol.dispose](): void
}

const nothing: SettledMounts = { mounts: [], created: () => {}, failed: () => {}, [Symbol.dispose]: () => {} }

/**
 * Settles what is mounted in a new container: what is asked for, then what other containers have, then the volumes that
 * the image declares; makes the volumes that are missing. Throws `duplicate-mount`, `bad-mount`, `bad-volume-name`,
 * `bad-volume-option`, `no-such-container`.
 */
export const settleMounts = async (
  store: Store,
  containers: ContainerStore,
  image: Image,
  request: MountRequest,
): Promise<SettledMounts> => {
  const declared = Object.keys(image.config.config?.Volumes ?? {})
  if (request.wishes.length + request.volumesFrom.length + declared.length === 0) return nothing
  refuseDuplicates(request.wishes)
  const asked = request.wishes.filter((wish) => !yields(wish))
  const places = new Set(asked.map(destinationOf))
  const others = mountsFrom(containers, request.volumesFrom).filter((m) => !places.has(m.destination))
  const taken = new Set([...places, ...others.map((m) => m.destination)])
  const firm = [...asked, ...declaredWishes(declared, taken)]
  const held = new Set([...taken, ...firm.map(destinationOf)])
  const wishes = [...firm, ...request.wishes.filter((wish) => yields(wish) && !held.has(destinationOf(wish)))]
  if (!wishes.some((wish) => wish.kind === 'volume') && !others.some((mount) => mount.type === 'volume'))
    return withoutVolumes(others, wishes, store)
  return withVolumes({ store, image, request, wishes, others })
}

const yields = (wish: MountWish): boolean => wish.kind === 'tmpfs' && wish.yields === true

const withoutVolumes = (
  others: readonly ContainerMount[],
  wishes: readonly MountWish[],
  store: Store,
): SettledMounts => {
  const settled = wishes.map((wish) => ({ wish, mount: settleWish(wish, '', store.images) }))
  return {
    ...nothing,
    mounts: [...others, ...settled.map(({ mount }) => mount)],
    created: (container) => giveToUser(settled, container),
  }
}

const declaredWishes = (paths: readonly string[], taken: ReadonlySet<string>): readonly VolumeWish[] =>
  paths
    .map(
      (path): VolumeWish => ({
        kind: 'volume',
        destination: `/${path}`,
        readonly: false,
        copy: true,
        mode: '',
      }),
    )
    .filter((wish) => !taken.has(destinationOf(wish)) && destinationOf(wish) !== '/')

interface Settling {
  readonly store: Store
  readonly image: Image
  readonly request: MountRequest
  readonly wishes: readonly MountWish[]
  readonly others: readonly ContainerMount[]
}

const withVolumes = async (settling: Settling): Promise<SettledMounts> => {
  const { store, wishes, others, request } = settling
  const { openVolumes, anonymousName } = await import('../../store/volume/index.ts')
  const volumes = openVolumes(store.root)
  volumes.sweep()
  const named = wishes.map((wish) => {
    const name = wish.kind === 'volume' ? (wish.name ?? anonymousName()) : ''
    return { wish, name, anonymous: wish.kind === 'volume' && wish.name === undefined }
  })
  const ofOthers = others.flatMap((mount) => (mount.type === 'volume' ? [mount.name] : []))
  const held = await volumes.hold([
    ...named.map(({ name }) => name).filter((name) => name !== ''),
    ...ofOthers,
  ])
  const anonymous = named.filter((one) => one.anonymous).map(({ name }) => name)
  const claim = ownedName()
  const failed = (): void => {
    for (const name of anonymous) held.remove(name)
    volumes.forget(claim)
  }
  try {
    // Whoever finds the claim after a kill -9 removes them: no container has this name.
    if (anonymous.length > 0) volumes.bequeath(claim, anonymous)
    const settled = named.map(({ wish, name }) => {
      if (wish.kind === 'volume') ensure(held, wish, name, request.now)
      return { wish, mount: settleWish(wish, name, store.images) }
    })
    for (const { wish, mount } of settled) if (wish.kind === 'volume') refuseFile(settling, mount)
    return {
      mounts: [...others, ...settled.map(({ mount }) => mount)],
      created(container) {
        const { id } = container.record
        for (const { wish, mount } of settled)
          if (wish.kind === 'volume' && wish.copy && mount.type === 'volume')
            copyUp(settling, volumes, held, mount)
        giveToUser(settled, container, (name) => volumes.get(name)?.mountpoint)
        if (request.autoRemove && anonymous.length > 0) volumes.bequeath(id, anonymous)
        volumes.forget(claim)
      },
      failed,
      [Symbol.dispose]: () => held.release(),
    }
  } catch (error) {
    failed()
    held.release()
    throw error
  }
}

const ensure = (held: VolumesHeld, wish: VolumeWish, name: string, now: number): void => {
  const anonymous = wish.name === undefined ? { 'com.docker.volume.anonymous': '' } : {}
  held.ensure({
    name,
    labels: { ...wish.labels, ...anonymous },
    options: wish.driverOptions ?? {},
    now,
  })
}

/** A volume is a directory: docker refuses one over a file of the image. */
const refuseFile = ({ store, image }: Settling, { destination }: ContainerMount): void => {
  const entry = store.snapshots.union(image.stack).lookup(destination.slice(1), { follow: true })
  if (!entry || entry.type === 'directory') return
  throw new ContainerError('bad-mount', `mount a volume at ${destination}: the image has a file there`, {
    exitCode: exitCode.engine,
    hint: 'bind a file of the host instead',
  })
}

/** What the image has at the mount point, with owners, modes, xattrs and hard links, when the volume is empty. */
const copyUp = (
  { store, image, request }: Settling,
  volumes: VolumeStore,
  held: VolumesHeld,
  mount: VolumeMount,
): void => {
  const tree = store.snapshots.union(image.stack)
  const top = tree.lookup(mount.destination.slice(1), { follow: true })
  const volume = volumes.get(mount.name)
  if (mount.subpath !== undefined) return
  // Something else is mounted there instead of the volume's own directory.
  if (volume?.options['device'] !== undefined) return
  const owner = request.newVolumes
  if (top?.type !== 'directory' && owner === undefined) return
  held.fill(mount.name, (directory) => {
    if (top?.type !== 'directory') chmodSync(directory, 0o755)
    else
      writeEntries(directory, (writer) => addTree(tree, writer, { from: top.path, to: '' }), { sparse: true })
    if (owner !== undefined) giveTree(directory, owner)
  })
}

/**
 * Removes the anonymous volumes of --rm containers that are gone, and of containers that were never finished. Those that another
 * container uses by now stay. Costs one look at a directory where there are none.
 */
export const sweepVolumes = async (store: Pick<Store, 'root'>): Promise<void> => {
  if (!existsSync(join(store.root, 'volumes/.heirs'))) return
  const { removeHeirs } = await import('../volumes.ts')
  await removeHeirs(store.root)
}

import { AppError, exitCode } from '../foundation/errors/index.ts'
import type { HostPath } from '../foundation/oci/index.ts'
import { type Container, isContainerId, openContainerStore } from '../runtime/container/index.ts'
import {
  anonymousLabel,
  anonymousName,
  checkDriverOptions,
  openVolumes,
  type Volume,
  VolumeError,
} from '../store/volume/index.ts'

import type { UsageRow } from './images-usage.ts'

export type { Volume } from '../store/volume/index.ts'

/** Makes a volume, or finds the one of that name. Throws `bad-volume-name`, `bad-volume-option`. */
export const createVolume = async (
  root: HostPath,
  wish: {
    readonly name?: string
    readonly labels: Readonly<Record<string, string>>
    readonly options: Readonly<Record<string, string>>
    readonly now: number
  },
): Promise<Volume> => {
  checkDriverOptions(wish.options)
  const volumes = openVolumes(root)
  volumes.sweep()
  const name = wish.name ?? anonymousName()
  using held = await volumes.hold([name])
  const labels = wish.name === undefined ? { ...wish.labels, [anonymousLabel]: '' } : wish.labels
  return held.ensure({ ...wish, name, labels }).volume
}

/** A volume and the containers that use it, whether they run or not. */
export interface UsedVolume {
  readonly volume: Volume
  readonly users: readonly Container[]
}

/** Sorted by name; what containers that are gone have left is removed first. */
export const listVolumes = async (root: HostPath): Promise<readonly UsedVolume[]> => {
  await removeHeirs(root)
  const users = usersByVolume(root)
  return openVolumes(root)
    .list()
    .map((volume) => ({ volume, users: users.get(volume.name) ?? [] }))
}

/** Names of volumes whose records cannot be read; `listVolumes` has them not. */
export const damagedVolumes = (root: HostPath): readonly string[] => openVolumes(root).damaged()

/** Bytes on the disk. */
export const sizeOfVolume = (root: HostPath, volume: Volume): number => openVolumes(root).size(volume)

/** The row of `df`. Volumes that no container uses can be reclaimed. */
export const volumeUsage = async (root: HostPath): Promise<UsageRow> => {
  const volumes = openVolumes(root)
  const sized = (await listVolumes(root)).map(({ volume, users }) => ({ users, size: volumes.size(volume) }))
  const unused = sized.filter(({ users }) => users.length === 0)
  const sum = (rows: readonly { readonly size: number }[]): number =>
    rows.reduce((all, { size }) => all + size, 0)
  return {
    type: 'Local Volumes',
    total: sized.length,
    active: sized.length - unused.length,
    size: sum(sized),
    reclaimable: sum(unused),
  }
}

/** Throws `no-such-volume`. */
export const requireVolume = (root: HostPath, name: string): Volume => {
  const volume = findVolume(root, name)
  if (volume) return volume
  throw new VolumeError('no-such-volume', `find volume ${JSON.stringify(name)}: there is no such volume`, {
    hint: 'tsrun volume ls lists them',
  })
}

/** What can be no name is the name of no volume. */
const findVolume = (root: HostPath, name: string): Volume | undefined => {
  try {
    return openVolumes(root).get(name)
  } catch (error) {
    if (error instanceof AppError && error.code === 'bad-volume-name') return undefined
    throw error
  }
}

/** Throws `no-such-volume`, `volume-damaged` (not with `force`) and `volume-in-use`. */
export const removeVolume = async (root: HostPath, name: string, force: boolean): Promise<void> => {
  await removeHeirs(root)
  if (!(force && isDamagedVolume(root, name))) {
    if (force && !findVolume(root, name)) return
    requireVolume(root, name)
  }
  using held = await openVolumes(root).hold([name])
  const users = usersByVolume(root).get(name) ?? []
  if (users.length > 0) {
    throw new VolumeError(
      'volume-in-use',
      `remove volume ${name}: it is in use by ${users.map(({ record }) => record.name).join(', ')}`,
      { hint: 'remove the containers first (tsrun rm)' },
    )
  }
  if (!held.remove(name) && !force) requireVolume(root, name)
}

const isDamagedVolume = (root: HostPath, name: string): boolean => damagedVolumes(root).includes(name)

export interface PrunedVolumes {
  readonly names: readonly string[]
  /** Bytes. */
  readonly reclaimed: number
}

/** Removes volumes that no container uses and that `isMeant` says yes to. */
export const pruneVolumes = async (
  root: HostPath,
  isMeant: (volume: Volume) => boolean,
): Promise<PrunedVolumes> => {
  const volumes = openVolumes(root)
  volumes.sweep()
  const names: string[] = []
  let reclaimed = 0
  for (const { volume, users } of await listVolumes(root)) {
    if (users.length > 0 || !isMeant(volume)) continue
    using held = await volumes.hold([volume.name])
    // A container may have come while we waited.
    if (usersByVolume(root).has(volume.name)) continue
    const size = volumes.size(volume)
    if (!held.remove(volume.name)) continue
    names.push(volume.name)
    reclaimed += size
  }
  return { names, reclaimed }
}

/** Removes those of the volumes that no container uses; for the anonymous ones of a container that is gone. */
export const removeUnused = async (
  root: HostPath,
  names: readonly string[],
  patience?: number,
): Promise<void> => {
  if (names.length === 0) return
  using held = await openVolumes(root).hold(names, patience === undefined ? {} : { patience })
  const users = usersByVolume(root)
  for (const name of names) if (!users.has(name)) held.remove(name)
}

/** What was left to be removed with containers that are gone, or were never finished. */
export const removeHeirs = async (root: HostPath): Promise<void> => {
  const volumes = openVolumes(root)
  const containers = openContainerStore(root)
  for (const [id, names] of volumes.heirs()) {
    if (isContainerId(id) && containers.has(id)) continue
    try {
      // One that is being made right now holds its volumes: it is not waited for.
      await removeUnused(root, names, 0)
      volumes.forget(id)
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'locked')) throw error
    }
  }
}

const usersByVolume = (root: HostPath): ReadonlyMap<string, readonly Container[]> => {
  const users = new Map<string, Container[]>()
  for (const container of openContainerStore(root).list()) {
    const names = container.record.options.mounts.flatMap((mount) =>
      mount.type === 'volume' ? [mount.name] : [],
    )
    for (const name of new Set(names)) users.set(name, [...(users.get(name) ?? []), container])
  }
  return users
}

/** Docker has one driver of its own. Throws `usage`. */
export const checkDriver = (driver: string): void => {
  if (driver === 'local' || driver === '') return
  throw new AppError('usage', `volume driver ${JSON.stringify(driver)}: expected local`, {
    exitCode: exitCode.failed,
    hint: 'there are no plugins',
  })
}

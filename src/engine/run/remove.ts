import { AppError } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import {
  type Container,
  ContainerError,
  type ContainerStore,
  isContainerId,
  openContainerStore,
  removeContainer,
  removeDamaged,
} from '../../runtime/container/index.ts'
import { sweepVolumes } from './settle-mounts.ts'

/**
 * Removes the container that `name` finds, with `volumes` its anonymous volumes too; with `force` one that is gone is no error,
 * and the result false.
 * Throws what `removeContainer` throws.
 */
export const removeByName = async (
  root: HostPath,
  name: string,
  force: boolean,
  volumes = false,
): Promise<boolean> => {
  const containers = openContainerStore(root)
  try {
    const container = findOrRemoveDamaged(containers, name, force)
    if (!container) return true
    await removeContainer({ containers, container, force })
    if (volumes) await removeVolumesOf(root, container)
    await sweepVolumes({ root })
    return true
  } catch (error) {
    if (!(force && error instanceof AppError && error.code === 'no-such-container')) throw error
    return false
  }
}

/** Undefined when there was only a damaged one, which is removed with `force`. Throws as `find`. */
const findOrRemoveDamaged = (
  containers: ContainerStore,
  name: string,
  force: boolean,
): Container | undefined => {
  try {
    return containers.find(name)
  } catch (error) {
    const id =
      error instanceof ContainerError && error.code === 'container-damaged' ? error.details['id'] : undefined
    if (!force || typeof id !== 'string' || !isContainerId(id)) throw error
    removeDamaged(containers, id)
    return undefined
  }
}

/** Removes the anonymous volumes of a container that is gone, but for those that another one uses. */
export const removeVolumesOf = async (root: HostPath, { record }: Container): Promise<void> => {
  const names = record.options.mounts.flatMap((mount) =>
    mount.type === 'volume' && !mount.named ? [mount.name] : [],
  )
  if (names.length === 0) return
  const { removeUnused } = await import('../volumes.ts')
  await removeUnused(root, names)
}

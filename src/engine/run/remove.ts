import { AppError } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { type Container, openContainerStore, removeContainer } from '../../runtime/container/index.ts'
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
    const container = containers.find(name)
    await removeContainer({ containers, container, force: force })
    if (volumes) await removeVolumesOf(root, container)
    await sweepVolumes({ root })
    return true
  } catch (error) {
    if (!(force && error instanceof AppError && error.code === 'no-such-container')) throw error
    return false
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

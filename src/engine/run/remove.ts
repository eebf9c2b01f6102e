import { AppError } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { openContainerStore, removeContainer } from '../../runtime/container/index.ts'

/** Removes the container that `name` finds; with `force` one that is gone is no error. Throws what `removeContainer` throws. */
export const removeByName = async (root: HostPath, name: string, force: boolean): Promise<void> => {
  const containers = openContainerStore(root)
  try {
    await removeContainer({ containers, container: containers.find(name), force })
  } catch (error) {
    if (!(force && error instanceof AppError && error.code === 'no-such-container')) throw error
  }
}

import { AppError } from '../../foundation/errors/index.ts'
import { openContainerStore, removeContainer } from '../../runtime/container/index.ts'
import type { Store } from '../store.ts'

/** Removes the container that `name` finds; with `force` one that is gone is no error. Throws what `removeContainer` throws. */
export const removeByName = async (store: Store, name: string, force: boolean): Promise<void> => {
  const containers = openContainerStore(store.root)
  try {
    await removeContainer({ containers, snapshots: store.snapshots, container: containers.find(name), force })
  } catch (error) {
    if (!(force && error instanceof AppError && error.code === 'no-such-container')) throw error
  }
}

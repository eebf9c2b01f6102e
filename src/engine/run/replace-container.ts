import { AppError } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { openContainerStore, stopContainer } from '../../runtime/container/index.ts'
import { removeByName } from './remove.ts'

/**
 * Stops the container that has this very name, for as long as its own stop timeout allows, and removes it; one that is not there is
 * no error. Its anonymous volumes stay, as with `rm`. Throws what `removeContainer` throws.
 */
export const removeNamed = async (root: HostPath, name: string): Promise<void> => {
  const containers = openContainerStore(root)
  // Never one whose id begins with the name.
  const id = containers.idOfName(name)
  if (id === undefined) return
  try {
    await stopContainer(containers.find(id))
  } catch (error) {
    // Gone already, or in a state in which it can only be removed.
    if (!(error instanceof AppError && onlyRemovable.has(error.code))) throw error
  }
  await removeByName(root, id, true)
}

const onlyRemovable: ReadonlySet<string> = new Set([
  'no-such-container',
  'container-damaged',
  'container-stuck',
])

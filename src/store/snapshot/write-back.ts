import { syncAside } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { TreeListing, TreeSize } from '../layer/index.ts'

/** Less than this is written quickly by the sync that waits for it. */
const much = { entries: 2000, bytes: 16 << 20 }

/**
 * Begins to write to the disk what a new layer is made of, beside what this process does: so the sync that waits for it finds little
 * left. One at a time. Nothing depends on whether it is done. What this process does next has its turn first: the renames of a commit
 * would wait for the journal that is being written, and the next step for them.
 */
export const openWriteBack = (root: HostPath): ((layer: Pick<TreeListing, 'size'>) => void) => {
  let isRunning = false
  const begin = ({ entries, bytes }: TreeSize): void => {
    if (isRunning || (entries < much.entries && bytes < much.bytes)) return
    isRunning = true
    syncAside(root, () => {
      isRunning = false
    })
  }
  return (layer) => void setImmediate(() => begin(layer.size))
}

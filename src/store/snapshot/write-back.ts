import { syncAside } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { LayerEntry } from '../layer/index.ts'

/** Less than this is written quickly by the sync that waits for it. */
const much = { entries: 2000, bytes: 16 << 20 }

/**
 * Begins to write to the disk what a new layer is made of, beside what this process does: so the sync that waits for it finds little
 * left. One at a time. Nothing depends on whether it is done.
 */
export const openWriteBack = (root: HostPath): ((entries: readonly LayerEntry[]) => void) => {
  let isRunning = false
  return (entries) => {
    if (isRunning || !isMuch(entries)) return
    isRunning = true
    syncAside(root, () => {
      isRunning = false
    })
  }
}

const isMuch = (entries: readonly LayerEntry[]): boolean => {
  if (entries.length >= much.entries) return true
  let bytes = 0
  for (const entry of entries) if (entry.kind === 'add') bytes += entry.size
  return bytes >= much.bytes
}

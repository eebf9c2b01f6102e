import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'

/**
 * Keeps commands that look after containers, volumes and networks, and so do not open the whole store, away from one of another
 * layout. Throws `store-too-new`, `store-foreign`.
 */
export const requireKnownLayout = async (root: HostPath): Promise<void> => {
  if (isPlain(root)) return
  const { openStore } = await import('../../engine/index.ts')
  openStore({ root })
}

/** Is there nothing to look at closely? What cannot be read is told of by whoever needs it. */
const isPlain = (root: HostPath): boolean => {
  try {
    return readFileSync(join(root, 'version'), 'latin1') === '1\n'
  } catch {
    return true
  }
}

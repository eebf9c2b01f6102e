import { NativeError } from '../../foundation/native/index.ts'
import type { SnapshotStore } from './types.ts'

/**
 * Does `work`, which mounts states of `snapshots`; once more with unpacked layers when an image of one could not be mounted: it is
 * damaged, or there are no loop devices left. Whatever `work` has prepared it must have given back by then.
 */
export const orUnpacked = async <T>(
  snapshots: Pick<SnapshotStore, 'unpackFromNow'>,
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof NativeError) || error.step !== 'image') throw error
    snapshots.unpackFromNow()
  }
  return work()
}

/** Stacks of layers: prepare, view, commit, convert between forms, answer questions about the merged tree. */
export { SnapshotError, type SnapshotErrorCode } from './errors.ts'
export { acquireLease, type Lease } from './lease.ts'
export { openStoreRoot, storeDirectories } from './open-root.ts'
export { openSnapshots, type SnapshotOptions } from './open-snapshots.ts'
export { orUnpacked } from './or-unpacked.ts'
export { probeOverlay } from './probe-overlay.ts'
export { ownedPath, storePaths } from './store-paths.ts'
export type {
  ActiveSnapshot,
  CommitOptions,
  CopySubtree,
  Held,
  LayerId,
  LayerRecord,
  PruneResult,
  PruneRoots,
  SecondForm,
  SnapshotStore,
  Stack,
  TreesSeen,
} from './types.ts'
export { addTree, writeEntries } from './write-entries.ts'

/** Looking for layers that are not what they should be. Loaded when asked for. */
export const snapshotChecks = (): Promise<typeof import('./checks.ts')> => import('./checks.ts')
export { marksOf } from './volatile.ts'

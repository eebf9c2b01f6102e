/** Stacks of layers: prepare, view, commit, convert between forms, answer questions about the merged tree. */
export type {
  ActiveSnapshot,
  LayerId,
  LayerRecord,
  SnapshotStore,
  Stack,
} from './types.ts'

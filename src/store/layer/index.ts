/** A tree's changes <-> layer tar: whiteouts, digests, indexes. */
export type {
  IndexAddition,
  IndexEntry,
  LayerAddition,
  LayerEntry,
  LayerIndex,
  LayerTarResult,
  LayerTarWriter,
  LayerWhiteout,
} from './types.ts'

/** A tree's changes <-> layer tar: whiteouts, digests, indexes. */
export { LayerError, type LayerErrorCode } from './layer-error.ts'
export { belongsInLayer } from './layer-names.ts'
export type { TarSink } from './tar-output.ts'
export { createLayerTarWriter } from './tar-writer.ts'
export { byTreeOrder } from './tree-order.ts'
export type {
  ApplyOptions,
  Compression,
  DecompressOptions,
  IndexAddition,
  IndexEntry,
  IndexTarOptions,
  LayerAddition,
  LayerEntry,
  LayerIndex,
  LayerTarOptions,
  LayerTarResult,
  LayerTarWriter,
  LayerWhiteout,
  TarLimits,
  TarMember,
  TarParser,
  TarVisitor,
} from './types.ts'

/** A tree's changes <-> layer tar: whiteouts, digests, indexes. */
export { applyBlob, applyTar, decompressedIndexOf, indexBlob, indexChunks } from './apply-tar.ts'
export {
  decompress,
  decompressChunks,
  detectCompression,
  magicSize,
  peekCompression,
  startOf,
} from './decompress.ts'
export { describeTree, isLargeTree } from './describe-tree.ts'
export { encodeImage } from './image-encode.ts'
export { encodeIndex } from './index-encode.ts'
export { decodeIndex, openIndex, writeIndex } from './index-file.ts'
export { inflateTar } from './inflate-tar.ts'
export { LayerError, type LayerErrorCode } from './layer-error.ts'
export { belongsInLayer } from './layer-names.ts'
export { type MergeOptions, mergeLayers } from './merge-layers.ts'
export {
  type GzippedLayer,
  type GzipTarget,
  gzipTar,
  gzipTree,
  gzipWholeTree,
  isGzippable,
} from './packed-gzip.ts'
export { createPackedTarWriter } from './packed-writer.ts'
export {
  encodePatchEnd,
  type PatchFacts,
  type PatchPiece,
  type PatchPlace,
  type PatchTable,
  readPatch,
  readPatchFacts,
} from './patch-table.ts'
export { isPlainIndex } from './plain-index.ts'
export { isTarHeader } from './tar-fields.ts'
export { readLayerTar } from './tar-file.ts'
export { blockSize as tarBlockSize } from './tar-header.ts'
export type { TarSink } from './tar-output.ts'
export { createTarParser } from './tar-parser.ts'
export { createLayerTarWriter } from './tar-writer.ts'
export { type TreeBlocks, treeBlocks } from './tree-blocks.ts'
export { type TreeOptions, treeEntries, writeTree } from './tree-entries.ts'
export { listingOf, listTree, type TreeListing, type TreeSize } from './tree-listing.ts'
export { byTreeOrder } from './tree-order.ts'
export type {
  ApplyOptions,
  Compression,
  DecompressOptions,
  EncodedIndex,
  IndexAddition,
  IndexEntry,
  IndexTarOptions,
  LayerAddition,
  LayerEntry,
  LayerEntryWriter,
  LayerIndex,
  LayerTarOptions,
  LayerTarResult,
  LayerTarWriter,
  LayerWhiteout,
  PackedTarResult,
  PackedTarWriter,
  TarLimits,
  TarMember,
  TarParser,
  TarPart,
  TarRun,
  TarVisitor,
} from './types.ts'
export { createUnpacker, type Unpacker } from './unpack.ts'
export { type Patched, packWhole, patchedParts, writeWhole } from './whole-tar.ts'

/**
 * Layers in the forms that registries keep: gzip, zstd, none. In: uncompressed tars. Out: compressed bytes, with the digest of what
 * was read. Invariant: the same tar, kind and level give the same bytes on every machine and Node.
 */
export { defaultCompression, formName, layerMediaType, parseCompression } from './choice.ts'
export { compressBlocks, compressTar } from './compress-tar.ts'
export type { CompressedInput, CompressedSink, CompressionKind, LayerCompression } from './types.ts'

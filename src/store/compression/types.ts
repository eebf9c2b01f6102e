import type { DiffId } from '../../foundation/oci/index.ts'

export type CompressionKind = 'gzip' | 'zstd' | 'none'

/** Those for which something has to be computed. */
export type CodedKind = Exclude<CompressionKind, 'none'>

/** How a layer is written for others. */
export interface LayerCompression {
  readonly kind: CompressionKind
  /** gzip 0 to 9, zstd 1 to 22; 0 for `none`. */
  readonly level: number
}

/** What was read while it was compressed. */
export interface CompressedInput {
  /** Digest of the input. */
  readonly diffId: DiffId
  /** Bytes of the input. */
  readonly size: number
}

/** Takes the compressed bytes in order; keeps no reference to the chunk. */
export type CompressedSink = (chunk: Uint8Array) => void

/** Pieces of the input, in order, each with memory of its own that is the reader's. All but the last have the same size. */
export type Blocks = Iterable<Uint8Array<ArrayBuffer>>

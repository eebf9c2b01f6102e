import { closeSync, constants, openSync, readSync } from 'node:fs'
import { createHasher, digestFrom, type HostPath, parseDiffId } from '../../foundation/oci/index.ts'
import { storeFailure } from '../content/index.ts'
import { codeBlocks } from './code-blocks.ts'
import { borrowCoders } from './coder-pool.ts'
import { storeGzip } from './stored-gzip.ts'
import type { Blocks, CompressedInput, CompressedSink, CompressionKind, LayerCompression } from './types.ts'

/** Bytes of input that are coded on their own. Part of what the output depends on; zstd looks back further than gzip's 32 KiB. */
const blockSizes: Readonly<Record<CompressionKind, number>> = {
  gzip: 1024 * 1024,
  zstd: 4 * 1024 * 1024,
  none: 1024 * 1024,
}

/**
 * Reads a tar once: its digest and its size are found while it is compressed to `write`. Throws `store-io`,
 * `compression-failed`, and what `write` throws.
 */
export const compressTar = async (
  tar: HostPath,
  how: LayerCompression,
  write: CompressedSink,
  signal?: AbortSignal,
): Promise<CompressedInput> => {
  const fd = open(tar)
  try {
    const hash = createHasher()
    let size = 0
    const blocksOf = (blockSize: number): Blocks =>
      readBlocks(fd, blockSize, (block) => {
        hash.update(block)
        size += block.length
      })
    await compressBlocks(blocksOf, how, write, signal)
    return { diffId: parseDiffId(digestFrom(hash)), size }
  } finally {
    closeSync(fd)
  }
}

/** The same for a tar that is being made: `blocksOf` gives it in blocks of that size. */
export const compressBlocks = async (
  blocksOf: (blockSize: number) => Blocks,
  how: LayerCompression,
  write: CompressedSink,
  signal?: AbortSignal,
): Promise<void> => {
  const { kind, level } = how
  const blocks = (): Blocks => blocksOf(blockSizes[kind])
  if (kind === 'none') for (const block of blocks()) write(block)
  else if (kind === 'gzip' && level === 0) storeGzip(blocks(), write, signal)
  else {
    using coders = await borrowCoders(kind, how)
    // They start while the first block is made.
    coders.warm()
    await codeBlocks(blocks(), coders, write, signal)
  }
}

const open = (path: HostPath): number => {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    throw storeFailure(`read ${path}`, error)
  }
}

/** Each block is memory of its own: it goes to a thread. */
function* readBlocks(
  fd: number,
  blockSize: number,
  seen: (block: Uint8Array) => void,
): Generator<Uint8Array<ArrayBuffer>> {
  for (;;) {
    const block = new Uint8Array(blockSize)
    let filled = 0
    while (filled < blockSize) {
      const count = readSync(fd, block, filled, blockSize - filled, null)
      if (count === 0) break
      filled += count
    }
    if (filled === 0) return
    const whole = block.subarray(0, filled)
    seen(whole)
    yield whole
    if (filled < blockSize) return
  }
}

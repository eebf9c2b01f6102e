import { closeSync, constants, openSync, readSync } from 'node:fs'
import { createHasher, digestFrom, type HostPath, parseDiffId } from '../../foundation/oci/index.ts'
import { storeFailure } from '../content/index.ts'
import { blockSize, writeGzip } from './gzip.ts'
import type { CompressedInput, CompressedSink, LayerCompression } from './types.ts'
import { writeZstd } from './zstd.ts'

/**
 * Reads a tar once: its digest and its size are found while it is compressed to `write`. Throws `store-io`, `zstd-unavailable`, and
 * what `write` throws.
 */
export const compressTar = async (
  tar: HostPath,
  { kind, level }: LayerCompression,
  write: CompressedSink,
  signal?: AbortSignal,
): Promise<CompressedInput> => {
  const fd = open(tar)
  try {
    const hash = createHasher()
    let size = 0
    const blocks = readBlocks(fd, (block) => {
      hash.update(block)
      size += block.length
    })
    switch (kind) {
      case 'gzip':
        await writeGzip(blocks, level, write, signal)
        break
      case 'zstd':
        await writeZstd(blocks, level, write, signal)
        break
      case 'none':
        for (const block of blocks) write(block)
        break
    }
    return { diffId: parseDiffId(digestFrom(hash)), size }
  } finally {
    closeSync(fd)
  }
}

const open = (path: HostPath): number => {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    throw storeFailure(`read ${path}`, error)
  }
}

/** Each block is memory of its own: threads and the next block look at it later. */
function* readBlocks(fd: number, seen: (block: Uint8Array) => void): Generator<Uint8Array> {
  for (;;) {
    const block = Buffer.allocUnsafe(blockSize)
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

import { availableParallelism } from 'node:os'
import { constants, crc32, deflateRaw } from 'node:zlib'
import type { Blocks, CompressedSink } from './types.ts'

/** Bytes of input per block. Part of what the output depends on. */
export const blockSize = 1024 * 1024
/** What deflate can look back (RFC 1951, 3.2.5). */
const windowSize = 32 * 1024
/** Threads that zlib's work is done in when nobody says otherwise (UV_THREADPOOL_SIZE). */
const threads = 4

/**
 * Writes one gzip member (RFC 1952) whose blocks are deflated at the same time in other threads. Each block starts with the end of
 * the one before as its dictionary and ends on a byte (an empty stored block), so they make one stream when laid end to end. The
 * bytes depend on level, block size and the zlib that Node was built with (`process.versions.zlib`), not on the number of threads.
 */
export const writeGzip = async (
  blocks: Blocks,
  level: number,
  write: CompressedSink,
  signal?: AbortSignal,
): Promise<void> => {
  let sum = 0
  let size = 0
  let before: Uint8Array | undefined
  const started: Promise<Uint8Array>[] = []
  const flush = async (leave: number): Promise<void> => {
    while (started.length > leave) {
      signal?.throwIfAborted()
      const done = await started[0]
      void started.shift()
      if (done) write(done)
    }
  }
  const ahead = Math.max(1, Math.min(threads, availableParallelism()))
  const queue = (block: Uint8Array, last: boolean): void => {
    const work = deflateBlock(block, { level, last, dictionary: before?.subarray(-windowSize) })
    // Awaited in order; one that fails meanwhile is no unhandled rejection.
    work.catch(() => {})
    started.push(work)
    before = block
  }

  write(header)
  for (const { block, last } of withLast(blocks)) {
    await flush(ahead)
    sum = crc32(block, sum)
    size += block.length
    queue(block, last)
  }
  await flush(0)
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(sum, 0)
  trailer.writeUInt32LE(size % 2 ** 32, 4)
  write(trailer)
}

/** No name, no time (0), no flags about the level, operating system unknown (255): RFC 1952, 2.3.1. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])

function* withLast(blocks: Blocks): Generator<{ readonly block: Uint8Array; readonly last: boolean }> {
  let held: Uint8Array | undefined
  for (const block of blocks) {
    if (held) yield { block: held, last: false }
    held = block
  }
  yield { block: held ?? new Uint8Array(), last: true }
}

interface BlockOptions {
  readonly level: number
  readonly last: boolean
  readonly dictionary: Uint8Array | undefined
}

const deflateBlock = (block: Uint8Array, { level, last, dictionary }: BlockOptions): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    deflateRaw(
      block,
      {
        level,
        memLevel: 8,
        windowBits: 15,
        // One piece of output: incompressible bytes grow by 5 for each 16 KiB.
        chunkSize: blockSize + blockSize / 1024,
        finishFlush: last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
        ...(dictionary && dictionary.length > 0 ? { dictionary } : {}),
      },
      (error, bytes) => (error ? reject(error) : resolve(bytes)),
    )
  })

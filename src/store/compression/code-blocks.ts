import type { CoderPool } from './coder-pool.ts'
import type { Blocks, CompressedSink } from './types.ts'

/**
 * Writes each block as a gzip member (RFC 1952, 2.2) or zstd frame (RFC 8878, 3.1) of its own, laid end to end; several coders are at
 * it. The bytes depend on the input, the level and the size of the blocks, on nothing of the machine.
 */
export const codeBlocks = async (
  blocks: Blocks,
  coders: CoderPool,
  write: CompressedSink,
  signal?: AbortSignal,
): Promise<void> => {
  const started: Promise<Uint8Array>[] = []
  const flush = async (leave: number): Promise<void> => {
    while (started.length > leave) {
      signal?.throwIfAborted()
      const done = await started[0]
      void started.shift()
      if (done) write(done)
    }
  }
  const queue = (block: Uint8Array<ArrayBuffer>): void => {
    const work = coders.code(block)
    // Awaited in order; one that fails meanwhile is no unhandled rejection.
    work.catch(() => {})
    started.push(work)
  }
  let isEmpty = true
  for (const block of blocks) {
    isEmpty = false
    queue(block)
    // Whoever makes the blocks does not wait: what is to be sent to coders is sent meanwhile.
    await flush(coders.width)
  }
  // What has no bytes is a member or frame too.
  if (isEmpty) queue(new Uint8Array())
  await flush(0)
}

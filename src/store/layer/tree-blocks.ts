import { InternalError } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { createLayerTarWriter } from './tar-writer.ts'
import { addFromTree } from './tree-entries.ts'
import type { LayerEntry, LayerTarResult } from './types.ts'

/** The tar of a tree that is made while its blocks are taken. */
export interface TreeBlocks {
  /** All have `blockSize` bytes but the last; each has memory of its own. To be taken once. */
  readonly blocks: Iterable<Uint8Array<ArrayBuffer>>
  /** When all blocks have been taken. */
  result(): LayerTarResult
}

/** A file that is larger than a few blocks is in memory as a whole for a moment. */
export const treeBlocks = (
  directory: HostPath,
  entries: readonly LayerEntry[],
  blockSize: number,
): TreeBlocks => {
  const full: Uint8Array<ArrayBuffer>[] = []
  let block = new Uint8Array(blockSize)
  let used = 0
  let tar: LayerTarResult | undefined
  const writer = createLayerTarWriter((chunk) => {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + blockSize - used)
      block.set(part, used)
      used += part.length
      at += part.length
      if (used < blockSize) continue
      full.push(block)
      block = new Uint8Array(blockSize)
      used = 0
    }
  })
  const blocks = function* (): Generator<Uint8Array<ArrayBuffer>, void> {
    for (const entry of entries) {
      addFromTree(writer, directory, entry)
      for (let next = full.shift(); next; next = full.shift()) yield next
    }
    tar = writer.finish()
    yield* full
    if (used > 0) yield block.subarray(0, used)
  }
  return {
    blocks: blocks(),
    result() {
      if (!tar) throw new InternalError('the blocks of a tree have not been taken')
      return tar
    },
  }
}

import { digestTree } from '../../foundation/native/index.ts'
import { type HostPath, parseDiffId } from '../../foundation/oci/index.ts'
import { createPackedOutput, type PackedBody, type PackedOutput } from './packed-output.ts'
import { createEntryWriter, createLayerTarWriter } from './tar-writer.ts'
import { addFromTree } from './tree-entries.ts'
import { sizeOf, type TreeListing, type TreeSize } from './tree-listing.ts'
import type { LayerEntry, LayerTarResult } from './types.ts'

type Description = Pick<LayerTarResult, 'diffId' | 'size'>

/**
 * DiffId and size of the tar of a tree whose entries are known, without making the tar. Gives way to whatever else this process does:
 * the helper reads and hashes what is large, and this process may end meanwhile. Throws as a tar writer.
 *
 * @param index where the index of the listing stands as a file: the helper need not look at all entries again
 */
export const describeTree = async (
  directory: HostPath,
  listing: TreeListing,
  index?: HostPath,
): Promise<Description> => {
  await others()
  if (!isLarge(listing.size)) {
    const writer = createLayerTarWriter()
    for (const entry of listing.entries()) addFromTree(writer, directory, entry)
    return writer.finish()
  }
  const found = listing.isPlain ? await digestTree(directory, known(listing, index)) : undefined
  if (found !== undefined) return { diffId: parseDiffId(`sha256:${found.digest}`), size: found.size }
  const output = createPackedOutput(undefined)
  output.unref()
  return packTree(output, directory, listing.entries())
}

const known = (
  { hasRoot, isListed }: TreeListing,
  index: HostPath | undefined,
): Parameters<typeof digestTree>[1] => (isListed && index !== undefined ? { index } : { root: hasRoot })

/** Has the helper read a tree whose entries are known. Gives way to others; throws as a tar writer. */
export const packTree = async (
  output: PackedOutput,
  directory: HostPath,
  entries: readonly LayerEntry[],
): Promise<PackedBody> => {
  try {
    const { writer } = createEntryWriter(output)
    let added = 0
    for (const entry of entries) {
      addFromTree(writer, directory, entry)
      added += 1
      if (added % atOnce === 0) await others()
      const busy = output.busy()
      if (busy) await busy
    }
  } catch (error) {
    output.abort()
    throw error
  }
  return output.finish()
}

/** Entries after which others have their turn: some milliseconds. */
const atOnce = 1000

const others = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** More than is read, or written down, before the helper has started. */
const large = { files: 300, bytes: 8 << 20, entries: 1500 }

const isLarge = ({ entries, files, bytes }: TreeSize): boolean =>
  entries > large.entries || files > large.files || bytes > large.bytes

/** Worth a process of the helper. */
export const isLargeTree = (entries: readonly LayerEntry[]): boolean => isLarge(sizeOf(entries))

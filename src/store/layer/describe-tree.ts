import type { HostPath } from '../../foundation/oci/index.ts'
import { createPackedOutput, type PackedBody, type PackedOutput } from './packed-output.ts'
import { createEntryWriter, createLayerTarWriter } from './tar-writer.ts'
import { addFromTree } from './tree-entries.ts'
import type { LayerEntry, LayerTarResult } from './types.ts'

/**
 * DiffId and size of the tar of a tree whose entries are known, without making the tar. Gives way to whatever else this process does:
 * the helper reads and hashes many files, and this process may end meanwhile. Throws as a tar writer.
 */
export const describeTree = async (
  directory: HostPath,
  entries: readonly LayerEntry[],
): Promise<Pick<LayerTarResult, 'diffId' | 'size'>> => {
  await others()
  if (!isLargeTree(entries)) {
    const writer = createLayerTarWriter()
    for (const entry of entries) addFromTree(writer, directory, entry)
    return writer.finish()
  }
  const output = createPackedOutput(undefined)
  output.unref()
  return packTree(output, directory, entries)
}

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

/** More than is read before the helper has started. */
const largeCount = 300
const largeBytes = 8 << 20

/** Worth a process of the helper. */
export const isLargeTree = (entries: readonly LayerEntry[]): boolean => {
  let files = 0
  let bytes = 0
  for (const entry of entries) {
    if (entry.kind !== 'add' || entry.type !== 'file') continue
    files += 1
    bytes += entry.size
    if (files > largeCount || bytes > largeBytes) return true
  }
  return false
}

import { createPackedOutput } from './packed-output.ts'
import { createEntryWriter, withIndex } from './tar-writer.ts'
import type { LayerTarOptions, PackedTarWriter } from './types.ts'

/**
 * `createLayerTarWriter` for many files or many bytes: the helper reads, hashes and writes them, in threads of its own.
 *
 * @param out descriptor of the file that the tar goes to
 */
export const createPackedTarWriter = (
  out: number,
  options: Pick<LayerTarOptions, 'spool'> = {},
): PackedTarWriter => {
  const output = createPackedOutput(out)
  const { writer, encode } = createEntryWriter(output, options)
  return {
    ...writer,
    busy: output.busy,
    abort: output.abort,
    async finish(meanwhile) {
      const tar = output.finish()
      try {
        // Digests that are still to come find their places.
        const encoded = encode()
        meanwhile?.()
        return withIndex(await tar, encoded)
      } catch (error) {
        output.abort()
        await tar.catch(() => undefined)
        throw error
      }
    },
  }
}

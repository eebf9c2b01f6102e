import { errnoOf } from '../../foundation/errors/index.ts'
import { InflateError, inflateInto } from '../../foundation/native/index.ts'
import { parseDiffId } from '../../foundation/oci/index.ts'
import { openGrowingIndex } from './apply-tar.ts'
import { mostOutput, tooLarge } from './decompress.ts'
import { badLayer, layerIo } from './layer-error.ts'
import type { LayerTarResult } from './types.ts'

/**
 * What `indexChunks` makes of a gzip blob, by the helper: it decompresses, hashes and writes the tar beside this process.
 * Throws as `indexChunks`; what the file system says to writing is thrown with its errno as `code`.
 *
 * @param size bytes of the compressed blob
 * @param out descriptor of an empty file for the tar
 */
export const inflateTar = async (
  chunks: AsyncIterable<Uint8Array>,
  { size, out }: { readonly size: number; readonly out: number },
): Promise<LayerTarResult> => {
  using index = openGrowingIndex(`/proc/self/fd/${out}`)
  // Headers are read while the rest is still coming: in small portions, so that other layers go on as well.
  const tar = await inflateInto(chunks, {
    out,
    most: mostOutput('gzip', size),
    onWritten: index.upTo,
  }).catch((error: unknown) => {
    throw failureOf(error)
  })
  return { diffId: parseDiffId(`sha256:${tar.digest}`), size: tar.size, index: index.finish(tar.size) }
}

const failureOf = (error: unknown): unknown => {
  if (!(error instanceof InflateError)) return errnoOf(error) ? layerIo('read layer', error) : error
  const { problem, errno } = error
  if (problem === 'too-large') return tooLarge('more bytes than its compression could honestly reach')
  if (problem === 'write') return Object.assign(new Error(error.message), { code: errno })
  if (problem === 'read') return layerIo('read layer', error)
  return badLayer(`compressed data is ${problem === 'cut-off' ? 'cut off' : 'damaged'}`, { cause: error })
}

import { errnoOf } from '../../foundation/errors/index.ts'
import { type InflatedIndex, InflateError, inflateInto } from '../../foundation/native/index.ts'
import { type HostPath, parseDiffId } from '../../foundation/oci/index.ts'
import { type GrowingIndex, openGrowingIndex } from './apply-tar.ts'
import { mostOutput, tooLarge } from './decompress.ts'
import { wholeIndex } from './encoded-index.ts'
import { decodeIndex } from './index-file.ts'
import { badLayer, layerIo } from './layer-error.ts'
import { withIndex } from './tar-writer.ts'
import type { EncodedIndex, IndexAddition, IndexEntry, LayerTarResult } from './types.ts'

/**
 * What `indexChunks` makes of a gzip blob, by the helper: it decompresses, hashes and writes the tar and makes its index, beside this
 * process. Of a tar that is not written in the usual way the headers are read here, while the rest is still coming.
 * Throws as `indexChunks`; what the file system says to writing is thrown with its errno as `code`.
 *
 * @param size bytes of the compressed blob
 * @param out descriptor of an empty file for the tar
 */
export const inflateTar = async (
  chunks: AsyncIterable<Uint8Array>,
  { size, out }: { readonly size: number; readonly out: number },
): Promise<LayerTarResult> => {
  using reading = openReading(`/proc/self/fd/${out}`)
  const tar = await inflateInto(chunks, {
    out,
    most: mostOutput('gzip', size),
    onWritten: (written) => reading.index().upTo(written),
  }).catch((error: unknown) => {
    throw failureOf(error)
  })
  const found = { diffId: parseDiffId(`sha256:${tar.digest}`), size: tar.size }
  return tar.index
    ? withIndex(found, encodedIndex(tar.index))
    : { ...found, index: reading.index().finish(tar.size) }
}

/** An index that is begun when somebody asks for it. */
const openReading = (tar: HostPath): Disposable & { index(): GrowingIndex } => {
  let open: GrowingIndex | undefined
  return {
    index: () => {
      open ??= openGrowingIndex(tar)
      return open
    },
    [Symbol.dispose]: () => open?.[Symbol.dispose](),
  }
}

const encodedIndex = ({ bytes, implied }: InflatedIndex): EncodedIndex =>
  wholeIndex(bytes, { implied, root: rootOf(decodeIndex(bytes).get('')) })

const rootOf = (entry: IndexEntry | undefined): IndexAddition | undefined =>
  entry?.kind === 'add' ? entry : undefined

const failureOf = (error: unknown): unknown => {
  if (!(error instanceof InflateError)) return errnoOf(error) ? layerIo('read layer', error) : error
  const { problem, errno } = error
  if (problem === 'too-large') return tooLarge('more bytes than its compression could honestly reach')
  if (problem === 'write') return Object.assign(new Error(error.message), { code: errno })
  if (problem === 'read') return layerIo('read layer', error)
  return badLayer(`compressed data is ${problem === 'cut-off' ? 'cut off' : 'damaged'}`, { cause: error })
}

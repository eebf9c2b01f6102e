import { type Descriptor, mediaType } from '../../foundation/oci/index.ts'
import type { LayerCompression } from '../compression/index.ts'
import type { GzippedLayer, GzipTarget } from '../layer/index.ts'
import type { Workshop } from './workshop.ts'
import { writeFailure } from './write-layer.ts'

/** True where the helper compresses large layers so (levels that it has, see native/deflate.h). */
export const isHelpersKind = ({ kind, level }: LayerCompression): boolean => kind === 'gzip' && level > 0

/** Whoever comes first: the helper has every processor busy with one layer, and what is done sooner is sent sooner. */
let last: Promise<unknown> = Promise.resolve()

/** What the helper writes as a blob; nothing stays of it when that fails. One at a time. */
export const gzipBlob = (
  { content }: Workshop,
  { level }: LayerCompression,
  signal: AbortSignal | undefined,
  code: (target: GzipTarget) => Promise<GzippedLayer>,
): Promise<Descriptor> => {
  const work = last.then(async () => {
    signal?.throwIfAborted()
    const ingest = content.ingest({ hashed: true })
    try {
      const { digest, size } = await code({ out: ingest.descriptor(), level, signal })
      ingest.commit({ digest, size })
      return { mediaType: mediaType.layerGzip, digest, size }
    } catch (error) {
      ingest.abort()
      throw writeFailure(error)
    }
  })
  last = work.catch(() => undefined)
  return work
}

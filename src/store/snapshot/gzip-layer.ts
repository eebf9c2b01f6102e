import { type Descriptor, mediaType } from '../../foundation/oci/index.ts'
import type { LayerCompression } from '../compression/index.ts'
import type { GzippedLayer, GzipTarget } from '../layer/index.ts'
import type { Workshop } from './workshop.ts'
import { writeFailure } from './write-layer.ts'

/** True where the helper compresses large layers so (levels that it has, see native/deflate.h). */
export const isHelpersKind = ({ kind, level }: LayerCompression): boolean => kind === 'gzip' && level > 0

/** Whoever comes first: the helper has every processor busy with one large layer, and what is done sooner is sent sooner. */
let last: Promise<unknown> = Promise.resolve()

/** Bytes of a tar for which that is so; with less, most of the time is spent looking for files. */
const takesAll = 32 << 20

export interface GzipWish {
  readonly compression: LayerCompression
  readonly signal: AbortSignal | undefined
  /** Bytes of the tar. */
  readonly size: number
}

/** What the helper writes as a blob; nothing stays of it when that fails. Large ones one at a time. */
export const gzipBlob = (
  { content }: Workshop,
  { compression, signal, size: tarSize }: GzipWish,
  code: (target: GzipTarget) => Promise<GzippedLayer>,
): Promise<Descriptor> => {
  const codeNow = async (): Promise<Descriptor> => {
    signal?.throwIfAborted()
    const ingest = content.ingest({ hashed: true })
    try {
      const { digest, size } = await code({ out: ingest.descriptor(), level: compression.level, signal })
      ingest.commit({ digest, size })
      return { mediaType: mediaType.layerGzip, digest, size }
    } catch (error) {
      ingest.abort()
      throw writeFailure(error)
    }
  }
  if (tarSize < takesAll) return codeNow()
  const work = last.then(codeNow)
  last = work.catch(() => undefined)
  return work
}

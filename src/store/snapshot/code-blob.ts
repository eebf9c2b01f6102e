import { createHasher, type Descriptor, digestFrom } from '../../foundation/oci/index.ts'
import { type CompressedSink, type LayerCompression, layerMediaType } from '../compression/index.ts'
import type { Workshop } from './workshop.ts'

/** What `code` writes as a blob; nothing stays of it when that throws. */
export const codeBlob = async (
  { content }: Workshop,
  { kind }: LayerCompression,
  code: (write: CompressedSink) => Promise<void>,
): Promise<Descriptor> => {
  const ingest = content.ingest({ hashed: true })
  try {
    const hash = createHasher()
    await code((chunk) => {
      hash.update(chunk)
      ingest.write(chunk)
    })
    const digest = digestFrom(hash)
    const { size } = ingest.commit({ digest })
    return { mediaType: layerMediaType(kind), digest, size }
  } catch (error) {
    ingest.abort()
    throw error
  }
}

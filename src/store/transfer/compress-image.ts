import {
  canonicalJson,
  type Descriptor,
  type Digest,
  mediaType,
  parseIndex,
  parseManifest,
} from '../../foundation/oci/index.ts'
import type { LayerCompression } from '../compression/index.ts'
import { describeBytes, type Image, type ImageIndex, type IndexImage } from '../image/index.ts'
import { isAttestation } from './documents.ts'
import { compressedLayer, manifestOf } from './prepare-image.ts'
import type { Transfer } from './types.ts'

export interface Recompression {
  readonly compression: LayerCompression
  /** Layers that came compressed are compressed again too. */
  readonly force: boolean
}

type Tools = Pick<Transfer, 'store' | 'signal'>

/**
 * The same image with a manifest that names its layers in another form; both are in the content store then, and no record names them: hold a
 * lease. Throws `compression-failed`.
 */
export const compressImage = async (tools: Tools, image: Image, how: Recompression): Promise<Image> => {
  const { store } = tools
  const before = parseManifest(store.content.read(image.manifest.digest).toString('utf8'))
  const layers: Descriptor[] = []
  for (const id of image.stack)
    layers.push(await compressedLayer({ ...tools, events: () => {} }, id, how.compression, how.force))
  const { descriptor, raw } = manifestOf(tools, image, before, layers)
  store.content.put(raw)
  return { ...image, manifest: descriptor }
}

/** The same for all images of an index. Attestations speak of manifests by digest: they are left out. */
export const compressIndex = async (
  tools: Tools,
  index: ImageIndex,
  how: Recompression,
): Promise<ImageIndex> => {
  const images: IndexImage[] = []
  const replaced = new Map<Digest, Image>()
  for (const { platform, image } of index.images) {
    const compressed = await compressImage(tools, image, how)
    replaced.set(image.manifest.digest, compressed)
    images.push({ platform, image: compressed })
  }
  const manifests = index.document.manifests
    .filter((entry) => !isAttestation(entry))
    .map((entry) => ({ ...entry, ...replaced.get(entry.digest)?.manifest }))
  const type = index.document.mediaType ?? mediaType.index
  const raw = Buffer.from(canonicalJson({ ...index.document, mediaType: type, manifests }))
  tools.store.content.put(raw)
  return {
    descriptor: describeBytes(type, raw),
    document: parseIndex(raw.toString('utf8')),
    images,
    artifacts: [],
  }
}

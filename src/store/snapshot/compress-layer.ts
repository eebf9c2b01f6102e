import {
  createHasher,
  type Descriptor,
  type DiffId,
  digestFrom,
  type HostPath,
} from '../../foundation/oci/index.ts'
import {
  compressTar,
  formName,
  type LayerCompression,
  layerMediaType,
  warmCoder,
} from '../compression/index.ts'
import { mismatch } from './layer-forms.ts'
import type { LayerId, SnapshotStore } from './types.ts'
import type { Workshop } from './workshop.ts'

type TarForms = Pick<SnapshotStore, 'describe' | 'tarOf'>

export interface CompressionWish {
  readonly id: LayerId
  readonly compression: LayerCompression
  readonly signal?: AbortSignal | undefined
}

/** `SnapshotStore.compressedOf`. One pass over the tar, whose DiffId is checked on the way; the blob is remembered. */
export const compressLayer = async (
  shop: Workshop,
  tars: TarForms,
  wish: CompressionWish,
): Promise<Descriptor & { readonly path: HostPath }> => {
  const { id, compression } = wish
  const { diffId } = await tars.describe(id)
  if (compression.kind === 'none') return tars.tarOf(id)
  const form = formName(compression)
  const known = shop.forms.of(diffId).find((one) => one.form === form)
  if (known) return { ...known.blob, path: shop.content.pathOf(known.blob.digest) }
  const blob = await compressNow(shop, tars, wish, diffId)
  shop.forms.add(diffId, { blob, form })
  return { ...blob, path: shop.content.pathOf(blob.digest) }
}

const compressNow = async (
  shop: Workshop,
  tars: TarForms,
  { id, compression, signal }: CompressionWish,
  diffId: DiffId,
): Promise<Descriptor> => {
  using _coder = await warmCoder(compression)
  const tar = await tars.tarOf(id)
  const ingest = shop.content.ingest({ hashed: true })
  try {
    const hash = createHasher()
    const write = (chunk: Uint8Array): void => {
      hash.update(chunk)
      ingest.write(chunk)
    }
    const read = await compressTar(tar.path, compression, write, signal)
    if (read.diffId !== diffId) throw mismatch(tar, read.diffId, diffId)
    const digest = digestFrom(hash)
    const { size } = ingest.commit({ digest })
    return { mediaType: layerMediaType(compression.kind), digest, size }
  } catch (error) {
    ingest.abort()
    throw error
  }
}

import type { Descriptor, HostPath } from '../../foundation/oci/index.ts'
import { compressTar, formName } from '../compression/index.ts'
import { gzipTar, isGzippable } from '../layer/index.ts'
import { codeBlob } from './code-blob.ts'
import { type CompressionWish, compressTree, type Described } from './compress-tree.ts'
import { gzipBlob, isHelpersKind } from './gzip-layer.ts'
import { mismatch } from './layer-forms.ts'
import type { SnapshotStore } from './types.ts'
import type { Workshop } from './workshop.ts'

type TarForms = Pick<SnapshotStore, 'describe' | 'tarOf'>

/** `SnapshotStore.compressedOf`. One pass over the tar, whose DiffId is checked on the way; the blob is remembered. */
export const compressLayer = async (
  shop: Workshop,
  tars: TarForms,
  wish: CompressionWish,
): Promise<Descriptor & { readonly path: HostPath }> => {
  const { id, compression } = wish
  const described = await tars.describe(id)
  const { diffId } = described
  if (compression.kind === 'none') return tars.tarOf(id)
  const form = formName(compression)
  const known = shop.forms.of(diffId).find((one) => one.form === form)
  if (known) return { ...known.blob, path: shop.content.pathOf(known.blob.digest) }
  const blob = await compressNow(shop, tars, wish, described)
  shop.forms.add(diffId, { blob, form })
  return { ...blob, path: shop.content.pathOf(blob.digest) }
}

const compressNow = async (
  shop: Workshop,
  tars: TarForms,
  wish: CompressionWish,
  described: Described,
): Promise<Descriptor> => {
  const { id, compression, signal } = wish
  const { diffId } = described
  const made = await compressTree(shop, wish, described)
  if (made) return made
  const tar = await tars.tarOf(id)
  if (isHelpersKind(compression) && tar.size > largeTar && isGzippable(tar.path, tar.size)) {
    return gzipBlob(shop, { compression, signal, size: tar.size }, async (target) => {
      const layer = await gzipTar(tar.path, tar.size, target)
      if (layer.diffId !== diffId) throw mismatch(tar, layer.diffId, diffId)
      return layer
    })
  }
  return codeBlob(shop, compression, async (write) => {
    const read = await compressTar(tar.path, compression, write, signal)
    if (read.diffId !== diffId) throw mismatch(tar, read.diffId, diffId)
  })
}

/** Bytes; less is coded by processes that all layers share. */
const largeTar = 4 << 20

import { AppError } from '../../foundation/errors/index.ts'
import { type Descriptor, type DiffId, mediaType } from '../../foundation/oci/index.ts'
import { LayerError, type Patched, packWhole, readPatch, writeWhole } from '../layer/index.ts'
import { SnapshotError } from './errors.ts'
import { layerPaths } from './store-paths.ts'
import type { LayerRecord } from './types.ts'
import type { Workshop } from './workshop.ts'

type PatchShop = Pick<Workshop, 'paths' | 'content'>

/** A layer's patch, its table read; undefined when the layer has none. Throws `bad-patch`. */
export const patchedOf = ({ paths, content }: PatchShop, layer: LayerRecord): Patched | undefined => {
  const { patch, tarSize } = layer
  if (patch === undefined) return undefined
  const own = layerPaths(paths, layer.id).patch
  const table = readPatch(own)
  if (table.base !== patch.digest || table.baseSize !== patch.size || table.tarSize !== tarSize)
    throw new LayerError('bad-patch', `open patch of layer ${layer.id}: it is that of another layer`, {
      hint: 'run tsbuild fsck --repair, then build or pull what has this layer again',
    })
  return { table, own, base: content.pathOf(patch.digest) }
}

/** What is wrong with the patch of a layer that has one: with its table, and with `contents`, with the tar that it makes. */
export const problemOfPatch = (
  shop: PatchShop,
  layer: LayerRecord,
  contents: boolean,
): string | undefined => {
  try {
    const patched = patchedOf(shop, layer)
    const diffId = patched && contents ? writeWhole(patched, () => undefined).diffId : layer.diffId
    return diffId === layer.diffId
      ? undefined
      : `the tar that its patch makes has digest ${diffId}, not its diff id ${layer.diffId}`
  } catch (error) {
    if (error instanceof AppError) return `its patch cannot be read: ${error.message}`
    throw error
  }
}

/** Makes the tar of a layer of its patch. Throws `layer-mismatch` when it has become another one. */
export const wholeTar = async (
  shop: Pick<PatchShop, 'content'>,
  layer: WithDiffId,
  patched: Patched,
): Promise<Descriptor> => {
  const ingest = shop.content.ingest({ hashed: true })
  try {
    const whole = await packWhole(patched, ingest.descriptor())
    return keep(layer, whole, ingest.commit)
  } catch (error) {
    ingest.abort()
    throw error
  }
}

/** The same for a reader that cannot wait. */
export const wholeTarNow = (shop: PatchShop, layer: WithDiffId, patched: Patched): Descriptor => {
  const ingest = shop.content.ingest({ hashed: true })
  try {
    return keep(layer, writeWhole(patched, ingest.write), ingest.commit)
  } catch (error) {
    ingest.abort()
    throw error
  }
}

interface WithDiffId {
  readonly diffId?: DiffId
}

const keep = (
  { diffId }: WithDiffId,
  whole: Awaited<ReturnType<typeof packWhole>>,
  commit: (blob: { readonly digest: Descriptor['digest']; readonly size: number }) => unknown,
): Descriptor => {
  if (whole.diffId !== diffId)
    throw new SnapshotError(
      'layer-mismatch',
      `make the tar of a layer of its patch: its digest is ${whole.diffId}, expected ${diffId}`,
      { hint: 'run tsbuild fsck --repair, then build or pull what has this layer again' },
    )
  commit({ digest: whole.diffId, size: whole.size })
  return { mediaType: mediaType.layer, digest: whole.diffId, size: whole.size }
}

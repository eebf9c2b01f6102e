import { type Descriptor, type HostPath, mediaType } from '../../foundation/oci/index.ts'
import {
  describeTree,
  type LayerTarResult,
  type LayerTarWriter,
  listTree,
  type TreeListing,
  type TreeOptions,
  writeIndex,
  writeTree,
} from '../layer/index.ts'
import { layerNotFound, SnapshotError } from './errors.ts'
import { decompressBlob } from './layer-forms.ts'
import { patchedOf, wholeTar } from './patched.ts'
import { layerPaths } from './store-paths.ts'
import type { LayerId, LayerRecord, SnapshotStore } from './types.ts'
import { sharedWork, type Workshop } from './workshop.ts'
import { writeTarBlob } from './write-layer.ts'

export interface TarForms extends Pick<SnapshotStore, 'describe' | 'tarOf'> {
  /** Begins with what `describe` is going to ask for: the layer has just been made of a tree with these entries. */
  begin(id: LayerId, listing: TreeListing): void
}

/** DiffIds and tars of layers, made when first asked for, once for all who ask. */
export const tarForms = (shop: Workshop): TarForms => {
  const writing = sharedWork<LayerId, Descriptor>()
  const describing = sharedWork<LayerId, Described>()
  const located = (blob: Descriptor): Descriptor & { readonly path: HostPath } => ({
    ...blob,
    path: shop.content.pathOf(blob.digest),
  })
  return {
    async describe(id) {
      const { diffId, tarSize, tree } = shop.layers.need(id)
      if (diffId !== undefined && tarSize !== undefined) return { diffId, tarSize }
      // Blobs are described when they come in: what is not described is a tree.
      if (!tree) throw layerNotFound(id)
      return awake(describing(id, () => describeLayer(shop, id)))
    },
    begin(id, listing) {
      // What goes wrong is found again by who asks.
      describing(id, () => describeLayer(shop, id, listing)).catch(() => undefined)
    },
    async tarOf(id, options = {}) {
      const layer = shop.layers.need(id)
      if (options.keepCompressed && layer.blob) return located(layer.blob)
      const known = shop.layers.tarBlob(layer)
      if (known) return located(known)
      return located(await writing(id, () => makeTar(shop, layer)))
    },
  }
}

type Described = Awaited<ReturnType<SnapshotStore['describe']>>

const describeLayer = async (
  shop: Workshop,
  id: LayerId,
  listing: TreeListing = listTree(layerPaths(shop.paths, id).tree, rootOption(shop, id)),
): Promise<Described> => {
  const { tree, index } = layerPaths(shop.paths, id)
  const { diffId, size } = await describeTree(tree, listing, index)
  shop.layers.describe(id, diffId, size)
  return { diffId, tarSize: size }
}

/** Work that this process need not live for is waited for here. */
const awake = async <T>(work: Promise<T>): Promise<T> => {
  const hold = setInterval(() => undefined, longest)
  try {
    return await work
  } finally {
    clearInterval(hold)
  }
}

/** Milliseconds: the most that a timer takes. */
const longest = 2 ** 31 - 1

const rootOption = (shop: Workshop, id: LayerId): TreeOptions => ({
  root: shop.layers.stored(id)?.root !== undefined,
})

const addTree = (shop: Workshop, id: LayerId, writer: LayerTarWriter): void =>
  writeTree(layerPaths(shop.paths, id).tree, writer, rootOption(shop, id))

const makeTar = async (shop: Workshop, layer: LayerRecord): Promise<Descriptor> => {
  const patched = patchedOf(shop, layer)
  if (patched) return wholeTar(shop, layer, patched)
  // Also beside a tree: a tar that another program wrote cannot be made again from its files.
  if (layer.blob && layer.diffId) return decompressBlob(shop, layer.blob, layer.diffId)
  const tar = writeTarBlob(shop, (writer) => addTree(shop, layer.id, writer))
  checkSame(layer, tar)
  shop.layers.describe(layer.id, tar.diffId, tar.size)
  // From now on files can be read from the tar as well: the index says where.
  writeIndex(layerPaths(shop.paths, layer.id).index, tar.encoded ?? tar.index)
  return { mediaType: mediaType.layer, digest: tar.diffId, size: tar.size }
}

/** The tree that a described layer has must still make the same tar: images name the layer by it. */
const checkSame = (layer: LayerRecord, tar: LayerTarResult): void => {
  if (layer.diffId === undefined || layer.diffId === tar.diffId) return
  throw new SnapshotError(
    'layer-mismatch',
    `write the tar of layer ${layer.id}: its digest is ${tar.diffId}, expected ${layer.diffId}`,
    { hint: 'something outside of this program changed the store; build or pull the image again' },
  )
}

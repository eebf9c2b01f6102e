import { statSync } from 'node:fs'
import type { Descriptor } from '../../foundation/oci/index.ts'
import { imageSize } from './layer-images.ts'
import { openLayerIndex } from './layer-views.ts'
import { layerPaths } from './store-paths.ts'
import type { LayerId, LayerRecord } from './types.ts'
import type { Workshop } from './workshop.ts'

/** Bytes of one layer: its blobs, its index, and the contents of the files in its tree. Nothing, when another command removes it meanwhile. */
export const usageOf = (shop: Workshop, id: LayerId): number => {
  try {
    return measure(shop, id)
  } catch (error) {
    if (shop.layers.get(id)) throw error
    return 0
  }
}

/** `SnapshotStore.usages`: what is written down of layers and forms is read once. */
export const usagesOf = (shop: Workshop): ReadonlyMap<LayerId, number> => {
  const forms = shop.forms.all()
  return new Map(
    [...shop.layers.list()].map((layer) => {
      const made = layer.diffId === undefined ? undefined : forms.get(layer.diffId)
      return [layer.id, sumOf(shop, layer, made?.map(({ blob }) => blob) ?? [])]
    }),
  )
}

const measure = (shop: Workshop, id: LayerId): number => sumOf(shop, shop.layers.need(id), formsOf(shop, id))

const sumOf = (shop: Workshop, layer: LayerRecord, forms: readonly Descriptor[]): number => {
  // A layer without any blob has no tar.
  const tar = layer.blob && layer.blob.digest !== layer.diffId ? shop.layers.tarBlob(layer) : undefined
  const blobs = new Map(
    [layer.blob, tar, ...forms].flatMap((blob) => (blob ? [[blob.digest, blob.size]] : [])),
  )
  return [...blobs.values()].reduce((sum, size) => sum + size, besidesBlobs(shop, layer))
}

/** Bytes of the layer's index, its image, and the contents of the files in its tree. */
export const besidesBlobs = (shop: Workshop, { id, tree }: LayerRecord): number => {
  const index = statSync(layerPaths(shop.paths, id).index, { throwIfNoEntry: false })?.size ?? 0
  return index + imageSize(shop, id) + (tree ? treeSize(shop, id) : 0)
}

/** `SnapshotStore.formsOf` */
export const formsOf = (shop: Workshop, id: LayerId): readonly Descriptor[] => {
  const layer = shop.layers.get(id)
  const made = layer?.diffId === undefined ? [] : shop.forms.of(layer.diffId).map(({ blob }) => blob)
  const came = layer?.blob && layer.blob.digest !== layer.diffId ? [layer.blob] : []
  return [...new Map([...came, ...made].map((blob) => [blob.digest, blob])).values()]
}

const treeSize = (shop: Workshop, id: LayerId): number => {
  let size = 0
  for (const entry of openLayerIndex(shop, id).entries())
    if (entry.kind === 'add' && entry.type === 'file' && entry.hardlink === undefined) size += entry.size
  return size
}

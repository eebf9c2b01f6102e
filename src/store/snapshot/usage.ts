import { statSync } from 'node:fs'
import type { Descriptor } from '../../foundation/oci/index.ts'
import { imageSize } from './layer-images.ts'
import { openLayerIndex } from './layer-views.ts'
import { layerPaths } from './store-paths.ts'
import type { LayerId } from './types.ts'
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

const measure = (shop: Workshop, id: LayerId): number => {
  const layer = shop.layers.need(id)
  const tar = shop.layers.tarBlob(layer)
  const all = [layer.blob, tar, ...formsOf(shop, id)]
  const blobs = new Map(all.flatMap((blob) => (blob ? [[blob.digest, blob.size]] : [])))
  const index = statSync(layerPaths(shop.paths, id).index, { throwIfNoEntry: false })?.size ?? 0
  const metadata = index + imageSize(shop, id)
  return (
    [...blobs.values()].reduce((sum, size) => sum + size, metadata) + (layer.tree ? treeSize(shop, id) : 0)
  )
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

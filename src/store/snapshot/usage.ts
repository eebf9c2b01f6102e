import { statSync } from 'node:fs'
import { type Descriptor, type Digest, parseDiffId } from '../../foundation/oci/index.ts'
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
  const bases = new Set<Digest>()
  return new Map(
    [...shop.layers.list()].map((layer) => {
      const made = layer.diffId === undefined ? undefined : forms.get(layer.diffId)
      const blobs = [...(made?.map(({ blob }) => blob) ?? []), ...lonelyBase(shop, layer, bases)]
      return [layer.id, sumOf(shop, layer, blobs)]
    }),
  )
}

const measure = (shop: Workshop, id: LayerId): number => {
  const layer = shop.layers.need(id)
  return sumOf(shop, layer, [...formsOf(shop, id), ...lonelyBase(shop, layer)])
}

/** The tar that the layer's patch is a patch of, when it belongs to no layer any more. Of several patches the first has it: `counted`. */
const lonelyBase = (
  { layers }: Workshop,
  { patch }: LayerRecord,
  counted: Set<Digest> = new Set(),
): readonly Descriptor[] => {
  if (patch === undefined || counted.has(patch.digest)) return []
  counted.add(patch.digest)
  return layers.findByDiffId(parseDiffId(patch.digest)) ? [] : [patch]
}

const sumOf = (shop: Workshop, layer: LayerRecord, forms: readonly Descriptor[]): number => {
  // A layer without any blob has no tar.
  const tar = layer.blob && layer.blob.digest !== layer.diffId ? shop.layers.tarBlob(layer) : undefined
  const blobs = new Map(
    [layer.blob, tar, ...forms].flatMap((blob) => (blob ? [[blob.digest, blob.size]] : [])),
  )
  return [...blobs.values()].reduce((sum, size) => sum + size, besidesBlobs(shop, layer))
}

/** Bytes of the layer's index, its image, its patch, and the contents of the files in its tree. */
export const besidesBlobs = (shop: Workshop, { id, tree }: LayerRecord): number => {
  const paths = layerPaths(shop.paths, id)
  const sizeAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  return sizeAt(paths.index) + sizeAt(paths.patch) + imageSize(shop, id) + (tree ? treeSize(shop, id) : 0)
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

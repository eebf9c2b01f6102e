import { join } from 'node:path'
import { AppError, errnoOf } from '../../foundation/errors/index.ts'
import type { FileContent } from '../../foundation/filetree/index.ts'
import { type IndexAddition, type LayerIndex, openIndex, writeIndex } from '../layer/index.ts'
import { layerNotFound } from './errors.ts'
import { indexEntriesOf, type LayerShop, unzipNow } from './layer-forms.ts'
import { layerPaths } from './store-paths.ts'
import type { LayerId } from './types.ts'
import { hashContent } from './union/content-hash.ts'
import { openDigestMemo } from './union/digest-memo.ts'
import type { LayerView } from './union/layer-view.ts'
import type { Workshop } from './workshop.ts'

/** Opens layers for the merged view; an opened one is kept, since layers do not change. */
export const layerViews = (shop: Workshop): ((id: LayerId) => LayerView) => {
  const open = new Map<LayerId, LayerView>()
  return (id) => {
    const found = open.get(id) ?? openView(shop, id)
    open.set(id, found)
    return found
  }
}

/** The index beside the layer, made again from one of the layer's forms when it is missing or damaged. */
export const openLayerIndex = (shop: LayerShop, id: LayerId): LayerIndex => {
  const { index } = layerPaths(shop.paths, id)
  try {
    return openIndex(index)
  } catch (error) {
    const damaged = error instanceof AppError && error.code === 'bad-index'
    if (!damaged && errnoOf(error) !== 'ENOENT') throw error
  }
  writeIndex(index, indexEntriesOf(shop, shop.layers.need(id)))
  return openIndex(index)
}

const openView = (shop: Workshop, id: LayerId): LayerView => {
  if (!shop.layers.stored(id)) throw layerNotFound(id)
  const index = openLayerIndex(shop, id)
  const memo = openDigestMemo(layerPaths(shop.paths, id).digests)
  const content = (entry: IndexAddition): FileContent => contentOf(shop, id, entry)
  const knownDigest = (entry: IndexAddition): string | undefined =>
    entry.contentDigest ?? memo.get(entry.path)
  return {
    id,
    index,
    content,
    knownDigest,
    learn: (entry, digest) => memo.set(entry.path, digest),
    digest(entry) {
      const known = knownDigest(entry)
      if (known !== undefined) return known
      const digest = hashContent(content(entry))
      memo.set(entry.path, digest)
      return digest
    },
  }
}

/** The file itself where there is a tree, else its place in the tar. */
const contentOf = (shop: Workshop, id: LayerId, entry: IndexAddition): FileContent => {
  const { size } = entry
  const layer = shop.layers.need(id)
  if (layer.tree)
    return { kind: 'range', path: join(layerPaths(shop.paths, id).tree, entry.path), offset: 0, size }
  if (entry.offset === undefined) throw layerNotFound(id)
  const tar = shop.layers.tarBlob(layer) ?? unzipNow(shop, layer)
  return { kind: 'range', path: shop.content.pathOf(tar.digest), offset: entry.offset, size }
}

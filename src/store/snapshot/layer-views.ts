import { join } from 'node:path'
import { AppError, errnoOf } from '../../foundation/errors/index.ts'
import type { FileContent } from '../../foundation/filetree/index.ts'
import {
  type IndexAddition,
  type IndexEntry,
  type LayerIndex,
  openIndex,
  type Patched,
  writeIndex,
} from '../layer/index.ts'
import { layerNotFound } from './errors.ts'
import { indexEntriesOf, type LayerShop, tarNow } from './layer-forms.ts'
import { patchedOf } from './patched.ts'
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

/** Paths of one layer whose entries are kept. */
const worthKeeping = 16

/** Every step of a build asks all of its layers for the same few paths (`etc/passwd`). */
const remembering = (index: LayerIndex): LayerIndex => {
  const known = new Map<string, IndexEntry | undefined>()
  return {
    ...index,
    get(path) {
      const found = known.get(path)
      if (found !== undefined || known.has(path)) return found
      const entry = index.get(path)
      if (known.size < worthKeeping) known.set(path, entry)
      return entry
    },
  }
}

const openView = (shop: Workshop, id: LayerId): LayerView => {
  if (!shop.layers.stored(id)) throw layerNotFound(id)
  const index = remembering(openLayerIndex(shop, id))
  const memo = openDigestMemo(layerPaths(shop.paths, id).digests)
  const content = contentsOf(shop, id)
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

/** The file itself where there is a tree, else its place in the tar, or in what the tar is a patch of. */
const contentsOf = (shop: Workshop, id: LayerId): ((entry: IndexAddition) => FileContent) => {
  let patched: Patched | undefined
  return ({ path, offset, size }) => {
    const layer = shop.layers.need(id)
    if (layer.tree)
      return { kind: 'range', path: join(layerPaths(shop.paths, id).tree, path), offset: 0, size }
    if (offset === undefined) throw layerNotFound(id)
    const tar = shop.layers.tarBlob(layer)
    if (!tar && layer.patch) patched ??= patchedOf(shop, layer)
    const place = tar ? undefined : patched?.table.placeOf(offset, size)
    if (patched && place) {
      const source = place.source === 'base' ? patched.base : patched.own
      return { kind: 'range', path: source, offset: place.offset, size }
    }
    const { digest } = tar ?? tarNow(shop, layer)
    return { kind: 'range', path: shop.content.pathOf(digest), offset, size }
  }
}

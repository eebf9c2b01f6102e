import { statSync } from 'node:fs'
import {
  createLayerTarWriter,
  type LayerIndex,
  type LayerTarResult,
  type LayerTarWriter,
} from '../layer/index.ts'
import { layerNotFound } from './errors.ts'
import { openLayerIndex } from './layer-views.ts'
import { layerOfTar } from './new-layer.ts'
import { isLayerId } from './store-paths.ts'
import type { CopySubtree, LayerId } from './types.ts'
import type { Workshop } from './workshop.ts'

/** Writes a tar into the content store: its digest is the DiffId. Nothing stays of it when `write` throws. */
export const writeTarBlob = (shop: Workshop, write: (writer: LayerTarWriter) => void): LayerTarResult => {
  const ingest = shop.content.ingest({ hashed: true })
  try {
    const writer = createLayerTarWriter((chunk) => ingest.write(chunk))
    write(writer)
    const tar = writer.finish()
    ingest.commit({ digest: tar.diffId, size: tar.size })
    return tar
  } catch (error) {
    ingest.abort()
    throw error
  }
}

/** A layer in its tar form; a layer of the same bytes that is here already is taken instead. */
export const writeLayer = (
  shop: Workshop,
  write: (writer: LayerTarWriter, copy: CopySubtree) => void,
): LayerId => {
  const tar = writeTarBlob(shop, (writer) => write(writer, copierFor(shop, writer)))
  const known = shop.layers.findByDiffId(tar.diffId)
  if (!known) return layerOfTar(shop, tar).id
  shop.layers.touch(known.id, shop.now())
  return known.id
}

const copierFor = (shop: Workshop, writer: LayerTarWriter): CopySubtree => {
  const indexes = new Map<LayerId, LayerIndex>()
  return ({ layer, path, start, end }) => {
    const tar = shop.layers.tarBlob(shop.layers.need(layer))
    if (tar === undefined) throw layerNotFound(layer)
    const index = indexes.get(layer) ?? openLayerIndex(shop, layer)
    indexes.set(layer, index)
    writer.addRun({ tar: shop.content.pathOf(tar.digest), start, end, entries: index.below(path) })
  }
}

/** `SnapshotStore.offersTar` */
export const offersTar = ({ layers, now }: Workshop, id: string): id is LayerId => {
  const layer = isLayerId(id) ? layers.get(id) : undefined
  if (layer === undefined || layers.tarBlob(layer) === undefined) return false
  layers.touch(layer.id, now())
  return true
}

/** `SnapshotStore.tarStamp` */
export const tarStamp = ({ layers, content }: Workshop, id: LayerId): string | undefined => {
  const layer = layers.get(id)
  const tar = layer && layers.tarBlob(layer)
  const stat = tar && statSync(content.pathOf(tar.digest), { bigint: true, throwIfNoEntry: false })
  return stat && `${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`
}

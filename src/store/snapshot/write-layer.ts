import { createLayerTarWriter, type LayerTarResult, type LayerTarWriter } from '../layer/index.ts'
import { layerOfTar } from './new-layer.ts'
import type { LayerId } from './types.ts'
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
export const writeLayer = (shop: Workshop, write: (writer: LayerTarWriter) => void): LayerId => {
  const tar = writeTarBlob(shop, write)
  const known = shop.layers.findByDiffId(tar.diffId)
  if (!known) return layerOfTar(shop, tar).id
  shop.layers.touch(known.id, shop.now())
  return known.id
}

import { statSync } from 'node:fs'
import { NativeError } from '../../foundation/native/index.ts'
import { createSpool } from '../../foundation/sys/index.ts'
import { storeFailure } from '../content/index.ts'
import {
  createLayerTarWriter,
  createPackedTarWriter,
  type LayerEntryWriter,
  type LayerTarResult,
  type LayerTarWriter,
  type PackedTarWriter,
  type TarRun,
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
  return keepTar(
    shop,
    writeTarBlob(shop, (writer) => write(writer, copierFor(shop, writer))),
  )
}

const keepTar = (shop: Workshop, tar: LayerTarResult): LayerId => {
  const known = shop.layers.findByDiffId(tar.diffId)
  if (!known) return layerOfTar(shop, tar).id
  shop.layers.touch(known.id, shop.now())
  return known.id
}

/** Fewer are read and written before the helper has started. */
const worthHelper = { files: 1500, bytes: 32 << 20 }

/** `SnapshotStore.writeLargeLayer` */
export const writeLargeLayer = async (
  shop: Workshop,
  { files, bytes }: { readonly files: number; readonly bytes: number },
  write: (writer: LayerEntryWriter, copy: CopySubtree) => Iterable<undefined>,
): Promise<LayerId> => {
  if (files < worthHelper.files && bytes < worthHelper.bytes)
    return writeLayer(shop, (writer, copy) => {
      for (const _ of write(writer, copy));
    })
  const ingest = shop.content.ingest({ hashed: true })
  const spool = createSpool(shop.paths.active)
  try {
    const writer = createPackedTarWriter(ingest.descriptor(), { spool })
    const tar = await packTar(writer, write(writer, copierFor(shop, writer)))
    ingest.commit({ digest: tar.diffId, size: tar.size })
    return keepTar(shop, tar)
  } catch (error) {
    ingest.abort()
    throw writeFailure(error)
  } finally {
    spool.close()
  }
}

const packTar = async (writer: PackedTarWriter, written: Iterable<undefined>): Promise<LayerTarResult> => {
  try {
    for (const _ of written) {
      const busy = writer.busy()
      if (busy) await busy
    }
  } catch (error) {
    writer.abort()
    throw error
  }
  return writer.finish()
}

/** That the store is full is said in the same words, whoever finds it out. */
export const writeFailure = (error: unknown): unknown =>
  error instanceof NativeError && error.step === 'pack-write'
    ? storeFailure('write blob', Object.assign(new Error(error.message), { code: error.errno }))
    : error

/** A layer mostly gives many parts: it is looked up once. */
const copierFor = (shop: Workshop, writer: LayerEntryWriter): CopySubtree => {
  const sources = new Map<LayerId, Pick<TarRun, 'tar' | 'index'>>()
  return ({ layer, path, start, end }) => {
    const source = sources.get(layer) ?? sourceOf(shop, layer)
    sources.set(layer, source)
    writer.addRun({ ...source, start, end, path })
  }
}

const sourceOf = (shop: Workshop, layer: LayerId): Pick<TarRun, 'tar' | 'index'> => {
  const tar = shop.layers.tarBlob(shop.layers.need(layer))
  if (tar === undefined) throw layerNotFound(layer)
  return { tar: shop.content.pathOf(tar.digest), index: openLayerIndex(shop, layer) }
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

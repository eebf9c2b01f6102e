import { NativeError } from '../../foundation/native/index.ts'
import { createSpool, keepHeapSteady, optimizeLess } from '../../foundation/sys/index.ts'
import { storeFailure } from '../content/index.ts'
import {
  createLayerTarWriter,
  createPackedTarWriter,
  type LayerEntryWriter,
  type LayerTarResult,
  type LayerTarWriter,
  type PackedTarResult,
  type PackedTarWriter,
} from '../layer/index.ts'
import { baseFor, copierFor, isMostlyCopied } from './copy-tars.ts'
import { keepTar } from './new-layer.ts'
import { keepPatch } from './patch-layer.ts'
import type { CopySubtree, LayerId, WriteSize } from './types.ts'
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

/** Fewer are read and written before the helper has started. Of what is mostly copied, it need not write most. */
const worthHelper = { files: 1500, bytes: 32 << 20 }

/** `SnapshotStore.writeLargeLayer` */
export const writeLargeLayer = async (
  shop: Workshop,
  size: WriteSize,
  write: (writer: LayerEntryWriter, copy: CopySubtree) => Iterable<undefined>,
  meanwhile?: () => void,
): Promise<LayerId> => {
  if (size.files < worthHelper.files && size.bytes < worthHelper.bytes && !isMostlyCopied(size))
    return writeLayer(shop, (writer, copy) => {
      for (const _ of write(writer, copy));
    })
  if (isMostlyCopied(size)) optimizeLess()
  const ingest = shop.content.ingest({ hashed: true })
  keepHeapSteady()
  const spool = createSpool(shop.paths.active)
  const base = baseFor(size)
  try {
    const writer = createPackedTarWriter(ingest.descriptor(), { spool })
    const tar = await packTar(writer, write(writer, copierFor(shop, writer, base)), meanwhile)
    const { pieces } = tar
    if (base?.found && pieces) return await keepPatch(shop, ingest, { tar, pieces, base: base.found })
    ingest.commit({ digest: tar.diffId, size: tar.size })
    return keepTar(shop, tar)
  } catch (error) {
    ingest.abort()
    throw writeFailure(error)
  } finally {
    spool.close()
  }
}

const packTar = async (
  writer: PackedTarWriter,
  written: Iterable<undefined>,
  meanwhile: (() => void) | undefined,
): Promise<PackedTarResult> => {
  try {
    for (const _ of written) {
      const busy = writer.busy()
      if (busy) await busy
    }
  } catch (error) {
    writer.abort()
    throw error
  }
  return writer.finish(meanwhile)
}

/** That the store is full is said in the same words, whoever finds it out. */
export const writeFailure = (error: unknown): unknown =>
  error instanceof NativeError && error.step === 'pack-write'
    ? storeFailure('write blob', Object.assign(new Error(error.message), { code: error.errno }))
    : error

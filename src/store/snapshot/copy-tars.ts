import { statSync } from 'node:fs'
import { type Descriptor, type HostPath, mediaType } from '../../foundation/oci/index.ts'
import { type LayerEntryWriter, type LayerIndex, patchedParts, type TarPart } from '../layer/index.ts'
import { layerNotFound } from './errors.ts'
import { openLayerIndex } from './layer-views.ts'
import { patchedOf, problemOfPatch } from './patched.ts'
import { isLayerId, layerPaths } from './store-paths.ts'
import type { CopySubtree, LayerId, LayerRecord, WriteSize } from './types.ts'
import type { Workshop } from './workshop.ts'

/** The one whole tar whose bytes need not be written again: the first that something is copied from. */
export interface Base {
  found?: Descriptor
}

/** Bytes that a patch has to save, and the part of a tar that it may have of its own. */
export const worthPatch = { saved: 8 << 20, own: 1 / 4 } as const

/** So much is known to be copied that a patch may be worth it. */
export const isMostlyCopied = ({ bytes, copied = 0 }: WriteSize): boolean =>
  copied >= worthPatch.saved && copied >= bytes * (1 - worthPatch.own)

/** Undefined when a patch would be given up once it is written. */
export const baseFor = (size: WriteSize): Base | undefined =>
  size.copied === undefined || isMostlyCopied(size) ? {} : undefined

/** A layer mostly gives many parts: it is looked up once. */
export const copierFor = (shop: Workshop, writer: LayerEntryWriter, base?: Base): CopySubtree => {
  const sources = new Map<LayerId, CopySource>()
  return ({ layer, path, start, end }) => {
    const source = sources.get(layer) ?? sourceOf(shop, layer)
    sources.set(layer, source)
    if (base && base.found === undefined) base.found = source.whole
    const stays = base !== undefined && base.found?.digest === source.whole.digest
    const parts = [...source.parts(start, end)].map((part) => ({
      ...part,
      stays: stays && part.path === source.path,
    }))
    writer.addRun({ parts, index: source.index, start, path })
  }
}

/** Where the bytes of a layer's tar are read from. */
interface CopySource {
  /** A whole tar: its own, or the one that it is a patch of. */
  readonly whole: Descriptor
  readonly path: HostPath
  readonly index: LayerIndex
  parts(start: number, end: number): Iterable<TarPart>
}

/** The patch comes first, as in `tarStamp`: a tar that was made of it meanwhile changes nothing. */
const sourceOf = (shop: Workshop, id: LayerId): CopySource => {
  const layer = shop.layers.need(id)
  const index = openLayerIndex(shop, id)
  const patched = patchedOf(shop, layer)
  if (patched) {
    const { base: digest, baseSize: size } = patched.table
    return {
      index,
      whole: { mediaType: mediaType.layer, digest, size },
      path: patched.base,
      parts: (start, end) => patchedParts(patched, start, end),
    }
  }
  const whole = shop.layers.tarBlob(layer)
  if (whole === undefined) throw layerNotFound(id)
  const path = shop.content.pathOf(whole.digest)
  return { index, whole, path, parts: (start, end) => [{ path, offset: start, size: end - start }] }
}

/** `SnapshotStore.offersTar`: one with a damaged patch does not, so that a build reads the files again instead of failing. */
export const offersTar = (shop: Workshop, id: string): id is LayerId => {
  const { layers, now } = shop
  const layer = isLayerId(id) ? layers.get(id) : undefined
  if (layer === undefined || (layer.patch ?? layers.tarBlob(layer)) === undefined) return false
  if (problemOfPatch(shop, layer, false) !== undefined) return false
  layers.touch(layer.id, now())
  return true
}

/** `SnapshotStore.tarStamp` */
export const tarStamp = (shop: Workshop, id: LayerId): string | undefined => {
  const layer = shop.layers.get(id)
  const stamps = layer && filesOf(shop, layer).map(stampOf)
  return stamps?.length ? stamps.join() : undefined
}

const filesOf = ({ layers, content, paths }: Workshop, layer: LayerRecord): readonly HostPath[] => {
  if (layer.patch) return [layerPaths(paths, layer.id).patch, content.pathOf(layer.patch.digest)]
  const tar = layers.tarBlob(layer)
  return tar ? [content.pathOf(tar.digest)] : []
}

const stampOf = (path: HostPath): string => {
  const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
  return `${ino}:${size}:${mtimeNs}:${ctimeNs}`
}

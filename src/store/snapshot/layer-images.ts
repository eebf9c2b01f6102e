import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { writeLayerImage } from '../../foundation/native/index.ts'
import type { Descriptor, HostPath } from '../../foundation/oci/index.ts'
import { acquireLock, atomicWrite, bootId, randomHex, removeFile } from '../../foundation/sys/index.ts'
import { encodeImage } from '../layer/index.ts'
import { decompressBlob, type LayerShop, tarOrPatched } from './layer-forms.ts'
import { openLayerIndex } from './layer-views.ts'
import { type ImageFiles, type LowerLayer, mayMountImages, mountable } from './mounts-images.ts'
import { layerPaths, type StorePaths } from './store-paths.ts'
import type { LayerId, LayerRecord } from './types.ts'
import type { Workshop } from './workshop.ts'
import { isBetterMounted } from './worthwhile.ts'

/** Milliseconds to wait for another process that is at the same layer. */
const patience = 30 * 60_000

/**
 * A layer that has no tree as an image of a file system over its tar: nothing is unpacked. An image holds for one boot: it is quickly
 * made, so nobody has to know whether it is on the disk, nor whether another kernel can read it. Undefined when unpacking is as
 * quick, or when this machine or this layer does not allow it.
 */
export const imageOf = async (
  shop: Workshop,
  layer: LayerRecord,
  signal?: AbortSignal,
): Promise<LowerLayer | undefined> => {
  if (!isWorthwhile(shop, layer) || !mayMountImages(shop.paths)) return undefined
  const made = existing(shop, layer)
  // Somebody else may have made it, who can do more here.
  if (made) return mountable(shop.paths, made)
  using _lock = await acquireLock(join(layerPaths(shop.paths, layer.id).directory, 'lock'), {
    timeout: patience,
    ...(signal ? { signal } : {}),
  })
  const image = existing(shop, layer) ?? (await make(shop, layer, signal))
  if (image === undefined) return undefined
  const lower = await mountable(shop.paths, image)
  if (lower === undefined) rmSync(image.path, { force: true })
  return lower
}

const prefix = 'image-'

/** Where the layer's image lies, when it has one. */
export const imagePath = (paths: StorePaths, id: LayerId): HostPath =>
  join(layerPaths(paths, id).directory, `${prefix}${bootId()}`)

/** Bytes of a layer's image, or 0. */
export const imageSize = (shop: Workshop, id: LayerId): number =>
  statSync(imagePath(shop.paths, id), { throwIfNoEntry: false })?.size ?? 0

/** Is there an image that is not what the layer's index makes? */
export const hasDamagedImage = (shop: LayerShop, layer: LayerRecord): boolean => {
  const path = imagePath(shop.paths, layer.id)
  const tar = existsSync(path) ? shop.layers.tarBlob(layer) : undefined
  return tar !== undefined && !encode(shop, layer, tar)?.equals(readFileSync(path))
}

const encode = (shop: LayerShop, { id }: LayerRecord, tar: Descriptor): Buffer | undefined => {
  // Made again when it is damaged.
  openLayerIndex(shop, id)
  return encodeImage(readFileSync(layerPaths(shop.paths, id).index), tar.size)
}

const existing = (shop: Workshop, layer: LayerRecord): ImageFiles | undefined => {
  const path = imagePath(shop.paths, layer.id)
  const tar = shop.layers.tarBlob(layer)
  return tar && existsSync(path) ? { path, data: [shop.content.pathOf(tar.digest)] } : undefined
}

const make = async (
  shop: Workshop,
  layer: LayerRecord,
  signal?: AbortSignal,
): Promise<ImageFiles | undefined> => {
  const tar = await tarIn(shop, layer, signal)
  if (tar === undefined) return undefined
  const path = imagePath(shop.paths, layer.id)
  dropOthers(shop.paths, layer.id)
  if (!(await writeAside(shop, layer, tar))) {
    const image = encode(shop, layer, tar)
    if (image === undefined) return undefined
    atomicWrite(path, image)
  }
  return { path, data: [shop.content.pathOf(tar.digest)] }
}

/** The same bytes as `encode` makes, by the helper, which looks at many rows quicker. False when it has written nothing. */
const writeAside = async (shop: Workshop, { id }: LayerRecord, tar: Descriptor): Promise<boolean> => {
  const { index } = layerPaths(shop.paths, id)
  if (indexSize(shop, id) < worthHelper * indexRow) return false
  const path = imagePath(shop.paths, id)
  // Whoever makes the image next drops what a killed one has left under such a name.
  const temp = `${path}.${randomHex(8)}.tmp`
  const out = openSync(temp, 'wx', 0o600)
  try {
    const isMade = await writeLayerImage({ index, tarSize: tar.size }, out)
    if (isMade) renameSync(temp, path)
    return isMade
  } finally {
    closeSync(out)
    removeFile(temp)
  }
}

/** The uncompressed tar, made of the compressed one when there is only that. */
const tarIn = async (
  shop: Workshop,
  layer: LayerRecord,
  signal?: AbortSignal,
): Promise<Descriptor | undefined> => {
  const { blob, diffId } = layer
  return (
    (await tarOrPatched(shop, layer)) ??
    (blob && diffId ? decompressBlob(shop, blob, diffId, signal) : undefined)
  )
}

/** Those of other boots, and what killed builds have left of one. */
const dropOthers = (paths: StorePaths, id: LayerId): void => {
  const { directory } = layerPaths(paths, id)
  for (const name of readdirSync(directory))
    if (name.startsWith(prefix) && join(directory, name) !== imagePath(paths, id))
      rmSync(join(directory, name), { force: true })
}

/** Bytes of an index for one entry. */
const indexRow = 100

/** Fewer entries are encoded before the helper has started. */
const worthHelper = 5000

const indexSize = ({ paths }: Workshop, id: LayerId): number =>
  statSync(layerPaths(paths, id).index, { throwIfNoEntry: false })?.size ?? 0

const isWorthwhile = (shop: Workshop, { id, tarSize = 0 }: LayerRecord): boolean =>
  isBetterMounted(shop, { entries: indexSize(shop, id) / indexRow, tarSize })

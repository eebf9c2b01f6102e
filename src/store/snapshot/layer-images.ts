import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../foundation/errors/index.ts'
import { writeLayerImage } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { acquireLock, atomicWrite, randomHex, removeFile } from '../../foundation/sys/index.ts'
import { encodeImage, readPatch } from '../layer/index.ts'
import { dropOthers, groundOnTar, groundsOf, type ImageGround, imagesIn } from './image-ground.ts'
import { decompressBlob, type LayerShop } from './layer-forms.ts'
import { openLayerIndex } from './layer-views.ts'
import { type ImageFiles, type LowerLayer, mayMountImages, mountable } from './mounts-images.ts'
import { problemOfPatch } from './patched.ts'
import { layerPaths } from './store-paths.ts'
import type { LayerId, LayerRecord } from './types.ts'
import type { Workshop } from './workshop.ts'
import { isBetterMounted } from './worthwhile.ts'

/** Milliseconds to wait for another process that is at the same layer. */
const patience = 30 * 60_000

/**
 * A layer that has no tree as an image of a file system over its tar, or over what its tar is made of: nothing is unpacked. An image holds for one boot: it is quickly
 * made, so nobody has to know whether it is on the disk, nor whether another kernel can read it. Undefined when unpacking is as
 * quick, or when this machine or this layer does not allow it.
 */
export const imageOf = async (
  shop: Workshop,
  layer: LayerRecord,
  signal?: AbortSignal,
): Promise<LowerLayer | undefined> => {
  if (shop.images === 'never' || !mayMountImages(shop.paths)) return undefined
  const made = existing(shop, layer)
  // Somebody else may have made it, who can do more here.
  if (made) return mountable(shop.paths, made)
  if (!isWorthwhile(shop, layer)) return undefined
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

/** Bytes of the layer's images. */
export const imageSize = ({ paths }: Workshop, id: LayerId): number =>
  imagesIn(paths, id)
    .map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0)

/** The layer's images that are not what its index makes. */
export const damagedImages = (shop: LayerShop, layer: LayerRecord): readonly HostPath[] => {
  const images = imagesIn(shop.paths, layer.id)
  // A patch that cannot be read is told of by the check of patches.
  if (images.length === 0 || problemOfPatch(shop, layer, false) !== undefined) return []
  return groundsOf(shop, layer)
    .filter(({ path }) => images.includes(path))
    .filter((ground) => !encode(shop, layer, ground)?.equals(readFileSync(ground.path)))
    .map(({ path }) => path)
}

const encode = (shop: LayerShop, { id }: LayerRecord, ground: ImageGround): Buffer | undefined => {
  // Made again when it is damaged.
  openLayerIndex(shop, id)
  const { index } = layerPaths(shop.paths, id)
  const table = ground.patch ? readPatch(ground.patch) : undefined
  try {
    return encodeImage(readFileSync(index), ground.tarSize, table)
  } catch (error) {
    // Damaged within its rows, which opening it does not look at: unpacking does without it.
    if (error instanceof AppError && error.code === 'bad-index') return undefined
    throw error
  }
}

/** One over the patch stays in use beside a tar: containers that are started again ask for what they had. */
const existing = (shop: Workshop, layer: LayerRecord): ImageFiles | undefined =>
  groundsOf(shop, layer).find(({ path }) => existsSync(path))

const make = async (
  shop: Workshop,
  layer: LayerRecord,
  signal?: AbortSignal,
): Promise<ImageFiles | undefined> => {
  const ground = await groundFor(shop, layer, signal)
  if (ground === undefined) return undefined
  dropOthers(shop.paths, layer.id)
  if (!(await writeAside(shop, layer, ground))) {
    const image = encode(shop, layer, ground)
    if (image === undefined) return undefined
    atomicWrite(ground.path, image)
  }
  return ground
}

/** The same bytes as `encode` makes, by the helper, which looks at many rows quicker. False when it has written nothing. */
const writeAside = async (shop: Workshop, { id }: LayerRecord, ground: ImageGround): Promise<boolean> => {
  if (indexSize(shop, id) < worthHelper * indexRow) return false
  const { index } = layerPaths(shop.paths, id)
  const { path, tarSize, patch } = ground
  // Whoever makes the image next drops what a killed one has left under such a name.
  const temp = `${path}.${randomHex(8)}.tmp`
  const out = openSync(temp, 'wx', 0o600)
  try {
    const isMade = await writeLayerImage({ index, tarSize, ...(patch && { patch }) }, out)
    if (isMade) renameSync(temp, path)
    return isMade
  } finally {
    closeSync(out)
    removeFile(temp)
  }
}

/** The tar is made of the compressed one when there is nothing else. */
const groundFor = async (
  shop: Workshop,
  layer: LayerRecord,
  signal?: AbortSignal,
): Promise<ImageGround | undefined> => {
  const { blob, diffId } = layer
  const [ground] = groundsOf(shop, layer)
  if (ground || !blob || !diffId) return ground
  return groundOnTar(shop, layer, await decompressBlob(shop, blob, diffId, signal))
}

/** Bytes of an index for one entry. */
const indexRow = 100

/** Fewer entries are encoded before the helper has started. */
const worthHelper = 5000

const indexSize = ({ paths }: Workshop, id: LayerId): number =>
  statSync(layerPaths(paths, id).index, { throwIfNoEntry: false })?.size ?? 0

const isWorthwhile = (shop: Workshop, layer: LayerRecord): boolean => {
  const { id, tarSize = 0 } = layer
  // Unpacking one that is a patch would make its whole tar first.
  if (layer.patch && !shop.layers.tarBlob(layer)) return true
  return isBetterMounted(shop, { entries: indexSize(shop, id) / indexRow, tarSize })
}

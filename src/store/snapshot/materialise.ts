import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { acquireLock, ownedName } from '../../foundation/sys/index.ts'
import { storeFailure } from '../content/index.ts'
import { writeIndex } from '../layer/index.ts'
import { unpackInto } from './layer-forms.ts'
import { imageOf } from './layer-images.ts'
import type { LowerLayer } from './mounts-images.ts'
import { makeRoot, plainRoot } from './root-attributes.ts'
import { layerPaths } from './store-paths.ts'
import { moveToTrash } from './trash.ts'
import type { LayerId, LayerRecord } from './types.ts'
import { markVolatile } from './volatile.ts'
import { sharedWork, type Workshop } from './workshop.ts'

/** Trees of layers, unpacked when first asked for. */
export interface TreeForms {
  /** The directory that can be an overlay lowerdir. Errors: `layer-not-found`, what unpacking throws. */
  pathOf(id: LayerId, signal?: AbortSignal): Promise<HostPath>
  /** What overlay can take for the layer: its tree, or an image where that saves the unpacking. */
  lowerOf(id: LayerId, signal?: AbortSignal): Promise<LowerLayer>
}

/** Milliseconds to wait for another process that unpacks the same layer. */
const patience = 30 * 60_000

export const treeForms = (shop: Workshop): TreeForms => {
  const share = sharedWork<LayerId, HostPath>()
  const shareImage = sharedWork<LayerId, LowerLayer | undefined>()
  const pathOf: TreeForms['pathOf'] = async (id, signal) => {
    const { tree } = layerPaths(shop.paths, id)
    if (existsSync(tree)) return tree
    return share(id, () => materialise(shop, id, signal))
  }
  return {
    pathOf,
    async lowerOf(id, signal) {
      const { tree } = layerPaths(shop.paths, id)
      if (existsSync(tree)) return { path: tree }
      const image = await shareImage(id, () => imageOf(shop, shop.layers.need(id), signal))
      return image ?? { path: await pathOf(id, signal) }
    },
  }
}

/** One process unpacks, the others wait for it; the lock is only there to save work, the rename decides. */
const materialise = async (shop: Workshop, id: LayerId, signal?: AbortSignal): Promise<HostPath> => {
  const layer = shop.layers.need(id)
  const { directory, tree } = layerPaths(shop.paths, id)
  using _lock = await acquireLock(join(directory, 'lock'), {
    timeout: patience,
    ...(signal ? { signal } : {}),
  })
  if (!existsSync(tree)) await unpack(shop, layer, signal)
  return tree
}

const unpack = async (shop: Workshop, layer: LayerRecord, signal?: AbortSignal): Promise<void> => {
  const { index, tree } = layerPaths(shop.paths, layer.id)
  const staged = join(shop.paths.active, ownedName())
  try {
    mkdirSync(staged, { mode: 0o700 })
    makeRoot(join(staged, 'tree'), plainRoot)
    const entries = await unpackInto(shop, layer, join(staged, 'tree'), signal)
    if (!existsSync(index)) writeIndex(index, entries)
    markVolatile(shop.paths, layer.id)
    renameSync(join(staged, 'tree'), tree)
  } catch (error) {
    const errno = errnoOf(error)
    // Another process was faster: a tree is never replaced.
    if (errno !== 'ENOTEMPTY' && errno !== 'EEXIST') throw storeFailure(`unpack layer ${layer.id}`, error)
  } finally {
    moveToTrash(shop.paths, staged)
  }
}

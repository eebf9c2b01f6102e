import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, type CountChecked, errnoOf, type Finding } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { ContentStore } from '../content/index.ts'
import { openIndex } from '../layer/index.ts'
import { createRecordTable } from '../records/index.ts'
import { checkPatch } from './check-patch.ts'
import { checkTree } from './check-tree.ts'
import type { LayerShop } from './layer-forms.ts'
import { damagedImages } from './layer-images.ts'
import { parseLayerId } from './layer-record.ts'
import { createLayerTable } from './layer-table.ts'
import { openLayerIndex } from './layer-views.ts'
import { readOwnedStack } from './owned-state.ts'
import { isLayerId, layerPaths, storePaths } from './store-paths.ts'
import { moveToTrash } from './trash.ts'
import type { LayerId, LayerRecord } from './types.ts'

export interface LayerCheck {
  readonly root: HostPath
  readonly content: ContentStore
  /** Compare trees with indexes, tars and DiffIds. Otherwise it is only looked whether they are there. */
  readonly contents: boolean
  /** Milliseconds since the epoch: what is as new as this may be in the making. */
  readonly since: number
}

/** Every layer: its record, index, tree and DiffId; directories without a record; DiffIds that lead nowhere. */
export function* checkLayers(options: LayerCheck, count: CountChecked): Generator<Finding> {
  const paths = storePaths(options.root)
  const layers = createLayerTable(paths, options.content)
  const shop: LayerShop = { paths, layers, content: options.content }
  const inUse = new Set(namesIn(paths.owned).flatMap((name) => readOwnedStack(join(paths.owned, name)) ?? []))
  for (const name of namesIn(paths.layerRecords)) {
    if (!isLayerId(name)) continue
    count()
    const layer = layers.get(name)
    if (layer) yield* checkLayer(shop, layer, { ...options, inUse: inUse.has(name) })
    else if (layers.stored(name)) yield formless(shop, name)
  }
  yield* strayDirectories(shop, options.since)
  yield* strayDiffIds(shop, count)
}

/** A layer that lost its last form; images that need it are told of by the check of images. */
const formless = (shop: LayerShop, id: LayerId): Finding => ({
  what: `layer ${id}`,
  problem: 'has neither a tree nor a blob any more, nor a patch of one',
  severity: 'leftover',
  repair: () => {
    shop.layers.remove(id)
    return 'its record was dropped'
  },
})

function* checkLayer(
  shop: LayerShop,
  layer: LayerRecord,
  options: LayerCheck & { readonly inUse: boolean },
): Generator<Finding> {
  const damagedIndex = problemOfIndex(shop, layer.id)
  if (damagedIndex !== undefined)
    yield {
      what: `layer ${layer.id}`,
      problem: damagedIndex,
      severity: 'damage',
      repair: () => {
        openLayerIndex(shop, layer.id)
        return 'its index was made again'
      },
    }
  yield* checkPatch(shop, layer, options)
  const problem = options.contents && layer.tree ? checkTree(shop, layer) : undefined
  if (problem !== undefined) yield damagedTree(shop, layer, problem, options.inUse)
  const damaged = options.contents ? damagedImages(shop, layer) : []
  if (damaged.length > 0)
    yield {
      what: `layer ${layer.id}`,
      problem: 'its image is not the one that its index makes',
      severity: 'damage',
      repair: () => {
        for (const path of damaged) rmSync(path, { force: true })
        return 'its image was dropped; it is made again when it is needed'
      },
    }
  const { diffId } = layer
  if (diffId !== undefined && !shop.layers.findByDiffId(diffId) && shop.layers.get(layer.id))
    yield {
      what: `layer ${layer.id}`,
      problem: `is not found by its diff id ${diffId}`,
      severity: 'leftover',
      repair: () => {
        shop.layers.describe(layer.id, diffId, layer.tarSize ?? 0)
        return 'it is found again'
      },
    }
}

const damagedTree = (shop: LayerShop, layer: LayerRecord, problem: string, inUse: boolean): Finding => ({
  what: `layer ${layer.id}`,
  problem: inUse ? `${problem} (a container stands on it: remove that first)` : problem,
  severity: 'damage',
  ...(inUse ? {} : { repair: () => dropTree(shop, layer) }),
})

const dropTree = (shop: LayerShop, layer: LayerRecord): string => {
  if (!layer.blob && !layer.patch) {
    shop.layers.remove(layer.id)
    return 'dropped, for it has no other form: what needs it has to be built, pulled or loaded again'
  }
  moveToTrash(shop.paths, layerPaths(shop.paths, layer.id).tree)
  return 'its tree was dropped; it is unpacked again when it is needed'
}

const problemOfIndex = (shop: LayerShop, id: LayerId): string | undefined => {
  try {
    openIndex(layerPaths(shop.paths, id).index)
    return undefined
  } catch (error) {
    // A missing index is made again by whoever needs it.
    if (errnoOf(error) === 'ENOENT') return undefined
    if (error instanceof AppError) return `its index is damaged: ${error.message}`
    throw error
  }
}

function* strayDirectories({ paths, layers }: LayerShop, since: number): Generator<Finding> {
  for (const name of namesIn(paths.layers)) {
    if (name === 'empty' || (isLayerId(name) && layers.stored(name))) continue
    const path = join(paths.layers, name)
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (!found || found.ctimeMs >= since) continue
    yield {
      what: `directory layers/${name}`,
      problem: 'belongs to no layer',
      severity: 'leftover',
      repair: () => {
        moveToTrash(paths, path)
        return 'dropped'
      },
    }
  }
}

function* strayDiffIds({ paths, layers }: LayerShop, count: CountChecked): Generator<Finding> {
  const table = createRecordTable(paths.diffIdRecords, parseLayerId)
  for (const [diffId, id] of table.entries()) {
    count()
    const layer = layers.get(id)
    if (layer?.diffId === diffId) continue
    yield {
      what: `diff id ${diffId}`,
      problem: layer
        ? `leads to layer ${id}, whose diff id is ${layer.diffId}`
        : `leads to layer ${id}, which is gone`,
      severity: layer ? 'damage' : 'leftover',
      repair: () => {
        table.remove(diffId)
        return 'dropped'
      },
    }
  }
  if (!existsSync(paths.empty))
    yield {
      what: 'directory layers/empty',
      problem: 'is missing: images without layers cannot be run',
      severity: 'damage',
    }
}

const namesIn = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory).sort()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

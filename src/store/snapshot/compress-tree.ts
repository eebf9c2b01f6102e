import type { Descriptor, DiffId, HostPath } from '../../foundation/oci/index.ts'
import { compressBlocks, type LayerCompression } from '../compression/index.ts'
import {
  gzipTree,
  gzipWholeTree,
  isLargeTree,
  isPlainIndex,
  type LayerEntry,
  LayerError,
  type TreeBlocks,
  treeBlocks,
} from '../layer/index.ts'
import { codeBlob } from './code-blob.ts'
import { gzipBlob, isHelpersKind } from './gzip-layer.ts'
import { openLayerIndex } from './layer-views.ts'
import { layerPaths } from './store-paths.ts'
import type { LayerId } from './types.ts'
import type { Workshop } from './workshop.ts'

export interface CompressionWish {
  readonly id: LayerId
  readonly compression: LayerCompression
  readonly signal?: AbortSignal | undefined
}

export interface Described {
  readonly diffId: DiffId
  /** Bytes of the tar. */
  readonly tarSize: number
}

/**
 * A layer that is a tree and nothing else, read from there. Undefined for others, and where the tree is not what it should be: then making
 * its tar tells what is wrong.
 */
export const compressTree = async (
  shop: Workshop,
  wish: CompressionWish,
  described: Described,
): Promise<Descriptor | undefined> => {
  const layer = shop.layers.need(wish.id)
  if (!layer.tree || layer.blob || shop.layers.tarBlob(layer)) return undefined
  const { root, implied, opaque } = shop.layers.facts(wish.id) ?? {}
  const isWhole =
    isHelpersKind(wish.compression) &&
    described.tarSize > smallTar &&
    !implied &&
    !opaque &&
    isPlainIndex(openLayerIndex(shop, wish.id).rows)
  const made = isWhole ? await fromWholeTree(shop, wish, described, root !== undefined) : undefined
  return made ?? fromTree(shop, wish, described)
}

/** Bytes of a tar that is coded by processes that all layers share. */
const smallTar = 256 << 10

/** Most trees need no list of what is in them: the helper finds the same tar in them. Undefined where it does not. */
const fromWholeTree = async (
  shop: Workshop,
  { id, compression, signal }: CompressionWish,
  { diffId, tarSize }: Described,
  root: boolean,
): Promise<Descriptor | undefined> => {
  const { tree } = layerPaths(shop.paths, id)
  try {
    return await gzipBlob(shop, { compression, signal, size: tarSize }, async (target) => {
      const layer = await gzipWholeTree(tree, root, target)
      if (layer?.diffId !== diffId) throw changed(tree)
      return layer
    })
  } catch (error) {
    if (error instanceof LayerError) return undefined
    throw error
  }
}

interface TreeSource {
  readonly tree: HostPath
  readonly entries: readonly LayerEntry[]
}

/** Bytes of a file that may be in memory as a whole. */
const maxStreamed = 16 * 1024 * 1024

/** What the index says. */
const treeSource = (shop: Workshop, id: LayerId): TreeSource => {
  const entries: LayerEntry[] = []
  for (const entry of openLayerIndex(shop, id).entries())
    if (entry.kind !== 'add' || !entry.implied) entries.push(entry)
  return { tree: layerPaths(shop.paths, id).tree, entries }
}

/** Undefined where the tree is not what the index says: then reading the tree itself tells whether it is the layer still. */
const fromTree = async (
  shop: Workshop,
  { id, compression, signal }: CompressionWish,
  { diffId, tarSize }: Described,
): Promise<Descriptor | undefined> => {
  const { tree, entries } = treeSource(shop, id)
  try {
    if (isHelpersKind(compression) && isLargeTree(entries)) {
      return await gzipBlob(shop, { compression, signal, size: tarSize }, async (target) => {
        const layer = await gzipTree(tree, entries, target)
        if (layer.diffId !== diffId) throw changed(tree)
        return layer
      })
    }
    if (entries.some((entry) => entry.kind === 'add' && entry.size > maxStreamed)) return undefined
    let made: TreeBlocks | undefined
    const blocksOf = (blockSize: number): TreeBlocks['blocks'] => {
      made = treeBlocks(tree, entries, blockSize)
      return made.blocks
    }
    return await codeBlob(shop, compression, async (write) => {
      await compressBlocks(blocksOf, compression, write, signal)
      if (made?.result().diffId !== diffId) throw changed(tree)
    })
  } catch (error) {
    if (error instanceof LayerError) return undefined
    throw error
  }
}

const changed = (tree: HostPath): LayerError => new LayerError('file-changed', `compress the tree ${tree}`)

import {
  createHasher,
  type Descriptor,
  type DiffId,
  digestFrom,
  type HostPath,
} from '../../foundation/oci/index.ts'
import {
  type CompressedSink,
  compressBlocks,
  compressTar,
  formName,
  type LayerCompression,
  layerMediaType,
} from '../compression/index.ts'
import {
  gzipTar,
  gzipTree,
  isGzippable,
  isLargeTree,
  type LayerEntry,
  LayerError,
  type TreeBlocks,
  treeBlocks,
} from '../layer/index.ts'
import { gzipBlob, isHelpersKind } from './gzip-layer.ts'
import { mismatch } from './layer-forms.ts'
import { openLayerIndex } from './layer-views.ts'
import { layerPaths } from './store-paths.ts'
import type { LayerId, SnapshotStore } from './types.ts'
import type { Workshop } from './workshop.ts'

type TarForms = Pick<SnapshotStore, 'describe' | 'tarOf'>

export interface CompressionWish {
  readonly id: LayerId
  readonly compression: LayerCompression
  readonly signal?: AbortSignal | undefined
}

/** `SnapshotStore.compressedOf`. One pass over the tar, whose DiffId is checked on the way; the blob is remembered. */
export const compressLayer = async (
  shop: Workshop,
  tars: TarForms,
  wish: CompressionWish,
): Promise<Descriptor & { readonly path: HostPath }> => {
  const { id, compression } = wish
  const { diffId } = await tars.describe(id)
  if (compression.kind === 'none') return tars.tarOf(id)
  const form = formName(compression)
  const known = shop.forms.of(diffId).find((one) => one.form === form)
  if (known) return { ...known.blob, path: shop.content.pathOf(known.blob.digest) }
  const blob = await compressNow(shop, tars, wish, diffId)
  shop.forms.add(diffId, { blob, form })
  return { ...blob, path: shop.content.pathOf(blob.digest) }
}

const compressNow = async (
  shop: Workshop,
  tars: TarForms,
  { id, compression, signal }: CompressionWish,
  diffId: DiffId,
): Promise<Descriptor> => {
  const tree = treeSource(shop, id)
  const made = tree && (await fromTree(shop, tree, { compression, signal }, diffId))
  if (made) return made
  const tar = await tars.tarOf(id)
  if (isHelpersKind(compression) && tar.size > largeTar && isGzippable(tar.path, tar.size)) {
    return gzipBlob(shop, compression, signal, async (target) => {
      const layer = await gzipTar(tar.path, tar.size, target)
      if (layer.diffId !== diffId) throw mismatch(tar, layer.diffId, diffId)
      return layer
    })
  }
  return blobOf(shop, compression, async (write) => {
    const read = await compressTar(tar.path, compression, write, signal)
    if (read.diffId !== diffId) throw mismatch(tar, read.diffId, diffId)
  })
}

/** Bytes; less is coded by processes that all layers share. */
const largeTar = 4 << 20

/** What `code` writes as a blob; nothing stays of it when that throws. */
const blobOf = async (
  { content }: Workshop,
  { kind }: LayerCompression,
  code: (write: CompressedSink) => Promise<void>,
): Promise<Descriptor> => {
  const ingest = content.ingest({ hashed: true })
  try {
    const hash = createHasher()
    await code((chunk) => {
      hash.update(chunk)
      ingest.write(chunk)
    })
    const digest = digestFrom(hash)
    const { size } = ingest.commit({ digest })
    return { mediaType: layerMediaType(kind), digest, size }
  } catch (error) {
    ingest.abort()
    throw error
  }
}

interface TreeSource {
  readonly tree: HostPath
  readonly entries: readonly LayerEntry[]
}

/** Bytes of a file that may be in memory as a whole. */
const maxStreamed = 16 * 1024 * 1024

/** A layer that is nothing but a tree. The index says what is in it. */
const treeSource = (shop: Workshop, id: LayerId): TreeSource | undefined => {
  const layer = shop.layers.need(id)
  if (!layer.tree || layer.blob || shop.layers.tarBlob(layer)) return undefined
  const entries: LayerEntry[] = []
  for (const entry of openLayerIndex(shop, id).entries())
    if (entry.kind !== 'add' || !entry.implied) entries.push(entry)
  return { tree: layerPaths(shop.paths, id).tree, entries }
}

/** Undefined where the tree is not what the index says: then reading the tree itself tells whether it is the layer still. */
const fromTree = async (
  shop: Workshop,
  { tree, entries }: TreeSource,
  { compression, signal }: Pick<CompressionWish, 'compression' | 'signal'>,
  diffId: DiffId,
): Promise<Descriptor | undefined> => {
  try {
    if (isHelpersKind(compression) && isLargeTree(entries)) {
      return await gzipBlob(shop, compression, signal, async (target) => {
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
    return await blobOf(shop, compression, async (write) => {
      await compressBlocks(blocksOf, compression, write, signal)
      if (made?.result().diffId !== diffId) throw changed(tree)
    })
  } catch (error) {
    if (error instanceof LayerError) return undefined
    throw error
  }
}

const changed = (tree: HostPath): LayerError => new LayerError('file-changed', `compress the tree ${tree}`)

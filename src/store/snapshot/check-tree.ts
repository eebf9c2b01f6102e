import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, errnoOf } from '../../foundation/errors/index.ts'
import { fsPath } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import {
  createLayerTarWriter,
  type IndexEntry,
  type LayerEntry,
  treeEntries,
  writeTree,
} from '../layer/index.ts'
import type { LayerShop } from './layer-forms.ts'
import { openLayerIndex } from './layer-views.ts'
import { layerPaths } from './store-paths.ts'
import type { LayerRecord } from './types.ts'

/**
 * Is the unpacked tree of a layer still what the layer is? It has the entries of the index; files have the bytes of the tar
 * where that is here, and where the tree is the only form, its tar still has the layer's DiffId. Undefined when all is right.
 */
export const checkTree = (shop: LayerShop, layer: LayerRecord): string | undefined => {
  const { tree } = layerPaths(shop.paths, layer.id)
  try {
    const root = shop.layers.stored(layer.id)?.root !== undefined
    const indexed = [...openLayerIndex(shop, layer.id).entries()]
    const different = differenceOf(treeEntries(tree, { root }), indexed)
    if (different !== undefined) return different
    const tar = shop.layers.tarBlob(layer)
    if (tar) return differentFile(tree, shop.content.pathOf(tar.digest), indexed)
    return layer.blob ? undefined : differentDigest(tree, layer, root)
  } catch (error) {
    // Gone meanwhile, and so nobody's damage.
    if (!shop.layers.get(layer.id)?.tree) return undefined
    if (error instanceof AppError) return `its tree cannot be read: ${error.message}`
    const errno = errnoOf(error)
    if (errno !== undefined) return `its tree cannot be read: ${errno}`
    throw error
  }
}

const differenceOf = (found: readonly LayerEntry[], indexed: readonly IndexEntry[]): string | undefined => {
  const expected = new Map(indexed.map((entry) => [entry.path, kindOf(entry)]))
  for (const entry of found) {
    const kind = expected.get(entry.path)
    if (kind === undefined && !isUnsaid(entry)) return `its tree has /${entry.path}, which it should not have`
    if (kind !== undefined && kind !== kindOf(entry))
      return `/${entry.path} in its tree is ${kindOf(entry)}, it should be ${kind}`
    expected.delete(entry.path)
  }
  expected.delete('')
  const [missing] = expected.keys()
  return missing === undefined ? undefined : `its tree lacks /${missing}`
}

/** What the tar of a tree leaves out: a root of its own, which the layer need not speak of, and sockets, for which it has no words. */
const isUnsaid = (entry: LayerEntry): boolean =>
  entry.path === '' || (entry.kind === 'add' && entry.type === 'socket')

const kindOf = (entry: LayerEntry): string => {
  if (entry.kind === 'whiteout') return 'a whiteout'
  return entry.type === 'file' ? `a file of ${entry.size} bytes` : `a ${entry.type}`
}

const chunk = 1 << 20

/** The first file whose bytes are not those at its place in the tar. */
const differentFile = (
  tree: HostPath,
  tarPath: HostPath,
  indexed: readonly IndexEntry[],
): string | undefined => {
  const tar = openSync(tarPath, 'r')
  const buffers = [Buffer.allocUnsafe(chunk), Buffer.allocUnsafe(chunk)] as const
  try {
    for (const entry of indexed) {
      if (entry.kind !== 'add' || entry.type !== 'file' || entry.hardlink !== undefined) continue
      if (entry.offset === undefined || entry.size === 0) continue
      const file = openSync(fsPath(join(tree, entry.path)), 'r')
      try {
        if (!sameBytes(file, tar, { offset: entry.offset, size: entry.size }, buffers))
          return `/${entry.path} in its tree has other bytes than in its tar`
      } finally {
        closeSync(file)
      }
    }
    return undefined
  } finally {
    closeSync(tar)
  }
}

const sameBytes = (
  file: number,
  tar: number,
  { offset, size }: { readonly offset: number; readonly size: number },
  [one, two]: readonly [Buffer, Buffer],
): boolean => {
  for (let done = 0; done < size; ) {
    const wanted = Math.min(chunk, size - done)
    const count = readSync(file, one, 0, wanted, done)
    if (count === 0 || readSync(tar, two, 0, count, offset + done) !== count) return false
    if (one.compare(two, 0, count, 0, count) !== 0) return false
    done += count
  }
  return true
}

const differentDigest = (tree: HostPath, { diffId }: LayerRecord, root: boolean): string | undefined => {
  if (diffId === undefined) return undefined
  const writer = createLayerTarWriter()
  writeTree(tree, writer, { root })
  const tar = writer.finish()
  return tar.diffId === diffId
    ? undefined
    : `the tar of its tree has digest ${tar.diffId}, not its diff id ${diffId}`
}

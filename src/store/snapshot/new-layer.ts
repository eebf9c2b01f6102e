import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Descriptor, HostPath } from '../../foundation/oci/index.ts'
import { ownedName } from '../../foundation/sys/index.ts'
import { storeFailure } from '../content/index.ts'
import { type EncodedIndex, type IndexEntry, type LayerTarResult, writeIndex } from '../layer/index.ts'
import type { LayerFacts } from './layer-record.ts'
import { rootOfEntry } from './root-attributes.ts'
import { layerPaths } from './store-paths.ts'
import type { LayerId, LayerRecord } from './types.ts'
import { markVolatile, patchMark } from './volatile.ts'
import { newLayerId, type Workshop } from './workshop.ts'

/** The directory `staged` holds `tree`; it becomes the layer's own by one rename, with the index in it. */
export const layerOfTree = (
  shop: Workshop,
  staged: HostPath,
  entries: readonly IndexEntry[] | EncodedIndex,
): LayerId => {
  const id = newLayerId()
  try {
    writeIndex(join(staged, 'index'), entries)
    markVolatile(shop.paths, id)
    renameSync(staged, layerPaths(shop.paths, id).directory)
    shop.layers.add({ id, created: shop.now(), ...factsIn(entries) })
  } catch (error) {
    throw storeFailure(`commit layer ${id}`, error)
  }
  return id
}

/** A layer whose only form is a blob: its tar, or `origin` that unpacks to it. */
export const layerOfTar = (shop: Workshop, tar: LayerTarResult, origin?: Descriptor): LayerRecord => {
  const id = newLayerId()
  try {
    const staged = join(shop.paths.active, ownedName())
    mkdirSync(staged, { mode: 0o700 })
    const index = tar.encoded ?? tar.index
    writeIndex(join(staged, 'index'), index)
    renameSync(staged, layerPaths(shop.paths, id).directory)
    return shop.layers.add({
      id,
      created: shop.now(),
      diffId: tar.diffId,
      tarSize: tar.size,
      ...(origin ? { origin } : {}),
      ...factsIn(index),
    })
  } catch (error) {
    throw storeFailure(`add layer ${id}`, error)
  }
}

/** A layer whose tar has just come in as a blob; a layer of the same bytes that is here already is taken instead. */
export const keepTar = (shop: Workshop, tar: LayerTarResult): LayerId => {
  const known = shop.layers.findByDiffId(tar.diffId)
  if (!known) return layerOfTar(shop, tar).id
  shop.layers.touch(known.id, shop.now())
  return known.id
}

/** A layer whose only form is a patch of `base`, which lies in the directory `staged` as `patch`. */
export const layerOfPatch = (
  shop: Workshop,
  tar: LayerTarResult,
  { base, staged }: { readonly base: Descriptor; readonly staged: HostPath },
): LayerRecord => {
  const id = newLayerId()
  try {
    const index = tar.encoded ?? tar.index
    writeIndex(join(staged, 'index'), index)
    markVolatile(shop.paths, `${id}${patchMark}`)
    renameSync(staged, layerPaths(shop.paths, id).directory)
    return shop.layers.add({
      id,
      created: shop.now(),
      diffId: tar.diffId,
      tarSize: tar.size,
      base,
      ...factsIn(index),
    })
  } catch (error) {
    throw storeFailure(`add layer ${id}`, error)
  }
}

/** What every mount of the layer has to know, so that it need not open the index. */
const factsIn = (index: readonly IndexEntry[] | EncodedIndex): LayerFacts => {
  const { root, implied } = 'bytes' in index ? index : listed(index)
  return {
    ...(root && !root.implied ? { root: rootOfEntry(root) } : {}),
    ...(root?.opaque ? { opaque: true } : {}),
    ...(implied ? { implied: true } : {}),
  }
}

const listed = (entries: readonly IndexEntry[]): Pick<EncodedIndex, 'root' | 'implied'> => {
  const [first] = entries
  return {
    root: first?.kind === 'add' && first.path === '' ? first : undefined,
    implied: entries.some((entry) => entry.kind === 'add' && entry.implied),
  }
}

import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Descriptor, HostPath } from '../../foundation/oci/index.ts'
import { ownedName } from '../../foundation/sys/index.ts'
import { type Ingest, storeFailure } from '../content/index.ts'
import {
  encodePatchEnd,
  type PackedTarResult,
  type PatchPiece,
  readPatch,
  writeIndex,
} from '../layer/index.ts'
import { worthPatch } from './copy-tars.ts'
import { keepTar, layerOfPatch } from './new-layer.ts'
import { problemOfPatch, wholeTar } from './patched.ts'
import { layerPaths } from './store-paths.ts'
import { moveToTrash } from './trash.ts'
import type { LayerId, LayerRecord } from './types.ts'
import { markVolatile, patchMark } from './volatile.ts'
import type { Workshop } from './workshop.ts'

/** A tar of which only those bytes were written that the base lacks. */
export interface NewPatch {
  readonly tar: PackedTarResult
  readonly pieces: readonly PatchPiece[]
  readonly base: Descriptor
}

/**
 * Makes a layer of it: a patch, or where that saves too little, its whole tar. A layer of the same bytes that is here already is taken
 * instead.
 */
export const keepPatch = async (shop: Workshop, ingest: Ingest, patch: NewPatch): Promise<LayerId> => {
  const { tar, pieces, base } = patch
  const known = shop.layers.findByDiffId(tar.diffId)
  if (known && (hasGoodPatch(shop, known) || shop.layers.tarBlob(known))) {
    ingest.abort()
    shop.layers.touch(known.id, shop.now())
    return known.id
  }
  ingest.write(encodePatchEnd(pieces, { base: base.digest, baseSize: base.size }))
  const staged = join(shop.paths.active, ownedName())
  try {
    mkdirSync(staged, { mode: 0o700 })
    const own = join(staged, 'patch')
    ingest.keepAs(own)
    if (isWorthIt(pieces))
      return adopt(shop, known, own, patch) ?? layerOfPatch(shop, tar, { base, staged }).id
    await wholeTar(shop, tar, { table: readPatch(own), own, base: shop.content.pathOf(base.digest) })
    return keepTar(shop, tar)
  } catch (error) {
    throw storeFailure('write patch of a layer', error)
  } finally {
    moveToTrash(shop.paths, staged)
  }
}

/** A damaged one is replaced. */
const hasGoodPatch = (shop: Workshop, layer: LayerRecord): boolean =>
  layer.patch !== undefined && problemOfPatch(shop, layer, false) === undefined

const isWorthIt = (pieces: readonly PatchPiece[]): boolean => {
  let [own, saved] = [0, 0]
  for (const { source, size } of pieces) {
    if (source === 'own') own += size
    else saved += size
  }
  return saved >= worthPatch.saved && own <= (own + saved) * worthPatch.own
}

/** A layer that has other forms gets this one as well, so that the next one can be copied from it. */
const adopt = (
  shop: Workshop,
  known: LayerRecord | undefined,
  own: HostPath,
  { tar, base }: NewPatch,
): LayerId | undefined => {
  const stored = known && shop.layers.stored(known.id)
  if (!stored) return undefined
  markVolatile(shop.paths, `${stored.id}${patchMark}`)
  const paths = layerPaths(shop.paths, stored.id)
  // That of a tree does not say where in the tar its files are.
  writeIndex(paths.index, tar.encoded ?? tar.index)
  renameSync(own, paths.patch)
  return shop.layers.add({ ...stored, created: shop.now(), base }).id
}

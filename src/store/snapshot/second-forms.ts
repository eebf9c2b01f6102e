import { lstatSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../foundation/errors/index.ts'
import { type Digest, hexOf } from '../../foundation/oci/index.ts'
import { treeSize } from '../../foundation/sys/index.ts'
import { createLayerTarWriter, openIndex, writeTree } from '../layer/index.ts'
import { problemOfPatch } from './patched.ts'
import { heldLayers, quietly } from './prune.ts'
import { layerPaths } from './store-paths.ts'
import { moveToTrash } from './trash.ts'
import type { LayerId, LayerRecord, SecondForm } from './types.ts'
import type { Workshop } from './workshop.ts'

/** Bytes in a millisecond: unpacking, writing a tar of a tree or of a compressed blob, compressing. */
const speeds: Readonly<Record<SecondForm['kind'], number>> = {
  tree: 60_000,
  tar: 150_000,
  compressed: 25_000,
  patch: 150_000,
}

/** `SnapshotStore.secondForms` */
export const secondForms = (shop: Workshop): readonly SecondForm[] => {
  const spares = findSpares(shop)
  return [...shop.layers.list()].flatMap((layer) =>
    spares(layer).map(({ kind, digest }) => {
      if (digest !== undefined) return blobForm(shop, layer, kind, digest)
      return kind === 'patch' ? patchForm(shop, layer) : treeForm(shop, layer)
    }),
  )
}

type Spare = Pick<SecondForm, 'kind' | 'digest'>

/** What of a layer, as it is now, has another form beside it. */
const findSpares = (shop: Workshop): ((layer: LayerRecord) => readonly Spare[]) => {
  const held = heldLayers(shop.paths, shop.layers)
  const inUse = new Set<Digest | undefined>()
  const origins = new Set<Digest | undefined>()
  const bare = new Set<Digest | undefined>()
  const bases = new Set<Digest | undefined>()
  for (const { id, tree, patch, diffId } of shop.layers.list()) {
    origins.add(shop.layers.stored(id)?.origin?.digest)
    if (!tree && !patch) bare.add(diffId)
    bases.add(patch?.digest)
    if (diffId !== undefined && held.has(id)) inUse.add(diffId)
  }
  return (layer) => {
    // What is not on the disk for sure may not be what is left of a layer.
    if (held.has(layer.id) || inUse.has(layer.diffId) || layer.volatileBoot !== undefined) return []
    const tar = shop.layers.tarBlob(layer)
    const came = originOf(shop, layer)
    const made = layer.diffId === undefined ? [] : shop.forms.of(layer.diffId)
    const spares: Spare[] = made.flatMap(({ form, blob: { digest } }) =>
      form === undefined || origins.has(digest) ? [] : [{ kind: 'compressed', digest }],
    )
    // Others that have the same bytes may need the tar more.
    const isShared = (came === undefined && bare.has(layer.diffId)) || bases.has(tar?.digest)
    if (tar && !isShared && (layer.tree || layer.patch || came))
      spares.push({ kind: 'tar', digest: tar.digest })
    if (layer.tree && (tar || layer.patch || came)) spares.push({ kind: 'tree' })
    if (layer.patch && (tar || came)) spares.push({ kind: 'patch' })
    return spares
  }
}

const originOf = (shop: Workshop, { id }: LayerRecord): Digest | undefined => {
  const origin = shop.layers.stored(id)?.origin
  return origin && shop.content.stat(origin.digest)?.size === origin.size ? origin.digest : undefined
}

const blobForm = (
  shop: Workshop,
  { id, created }: LayerRecord,
  kind: SecondForm['kind'],
  digest: Digest,
): SecondForm => {
  const path = join(shop.paths.root, 'content/blobs/sha256', hexOf(digest))
  const bytes = (lstatSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512
  return {
    layer: id,
    kind,
    digest,
    bytes,
    milliseconds: bytes / speeds[kind],
    lastUsed: Math.max(created * 1000, shop.content.usedAt(digest) ?? 0),
  }
}

const treeForm = (shop: Workshop, { id, created }: LayerRecord): SecondForm => {
  const { tree } = layerPaths(shop.paths, id)
  const bytes = treeSize(tree)
  // Whoever mounts or lists it reads its root.
  const read = lstatSync(tree, { throwIfNoEntry: false })?.atimeMs ?? 0
  return {
    layer: id,
    kind: 'tree',
    bytes,
    milliseconds: bytes / speeds.tree,
    lastUsed: Math.max(created * 1000, read),
  }
}

/** What its base takes besides is freed by a prune, when nothing else needs it. */
const patchForm = (shop: Workshop, { id, created }: LayerRecord): SecondForm => {
  const found = lstatSync(layerPaths(shop.paths, id).patch, { throwIfNoEntry: false })
  const bytes = (found?.blocks ?? 0) * 512
  return {
    layer: id,
    kind: 'patch',
    bytes,
    milliseconds: bytes / speeds.patch,
    lastUsed: Math.max(created * 1000, found?.atimeMs ?? 0),
  }
}

/** `SnapshotStore.dropForms`. Trees are compared with their DiffIds before anything waits for us. */
export const dropForms = async (
  shop: Workshop,
  forms: readonly SecondForm[],
): Promise<readonly SecondForm[]> => {
  const possible = forms.filter((form) => form.kind !== 'tar' || canMakeTar(shop, form.layer))
  return quietly(shop.paths, ({ blobs }) => {
    const spares = findSpares(shop)
    const dropped: SecondForm[] = []
    const bare = new Set<Digest | undefined>()
    for (const form of possible) {
      // Of two forms only one can go, and of layers with the same bytes only one can do without the tar.
      const layer = shop.layers.get(form.layer)
      const spare =
        layer && spares(layer).find(({ kind, digest }) => kind === form.kind && digest === form.digest)
      if (!layer || !spare || (form.digest !== undefined && blobs.has(form.digest))) continue
      if (form.kind === 'tar' && bare.has(layer.diffId)) continue
      if (form.kind === 'tree' || form.kind === 'patch') bare.add(layer.diffId)
      dropForm(shop, form)
      dropped.push(form)
    }
    return dropped
  })
}

/** A tar that another program wrote cannot be made again of its files, but of the compressed blob that it came as. */
const canMakeTar = (shop: Workshop, id: LayerId): boolean => {
  const layer = shop.layers.get(id)
  if (!layer) return false
  if (originOf(shop, layer) !== undefined) return true
  if (layer.patch) return problemOfPatch(shop, layer, true) === undefined
  if (!layer.tree) return false
  try {
    const writer = createLayerTarWriter()
    writeTree(layerPaths(shop.paths, id).tree, writer, { root: shop.layers.stored(id)?.root !== undefined })
    return writer.finish().diffId === layer.diffId
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

const dropForm = (shop: Workshop, { layer, kind, digest }: SecondForm): void => {
  if (digest !== undefined) {
    shop.content.remove(digest)
    return
  }
  const paths = layerPaths(shop.paths, layer)
  if (kind === 'patch') {
    moveToTrash(shop.paths, paths.patch)
    return
  }
  if (!knowsPlaces(paths.index)) rmSync(paths.index, { force: true })
  moveToTrash(shop.paths, paths.tree)
}

/** Does the index say where the bytes of each file start in the tar? One that was made of a tree does not: it is made again. */
const knowsPlaces = (path: string): boolean => {
  try {
    for (const entry of openIndex(path).entries())
      if (
        entry.kind === 'add' &&
        entry.type === 'file' &&
        entry.hardlink === undefined &&
        entry.offset === undefined
      )
        return false
    return true
  } catch {
    return false
  }
}

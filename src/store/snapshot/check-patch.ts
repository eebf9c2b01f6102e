import { existsSync } from 'node:fs'
import type { Finding } from '../../foundation/errors/index.ts'
import type { LayerShop } from './layer-forms.ts'
import { problemOfPatch } from './patched.ts'
import { layerPaths } from './store-paths.ts'
import { moveToTrash } from './trash.ts'
import type { LayerRecord } from './types.ts'

/** The patch of a layer: its table, with `contents` the tar that it makes, and whether there is what it is a patch of. */
export function* checkPatch(
  shop: LayerShop,
  layer: LayerRecord,
  { contents, inUse }: { readonly contents: boolean; readonly inUse: boolean },
): Generator<Finding> {
  const what = `layer ${layer.id}`
  const { patch } = layerPaths(shop.paths, layer.id)
  if (!layer.patch) {
    if (existsSync(patch))
      yield {
        what,
        problem: 'has a patch of something that is gone',
        severity: 'leftover',
        repair: () => {
          moveToTrash(shop.paths, patch)
          return 'its patch was dropped; it has other forms'
        },
      }
    return
  }
  const problem = problemOfPatch(shop, layer, contents)
  // Gone meanwhile, and so nobody's damage.
  if (problem === undefined || !shop.layers.get(layer.id)?.patch) return
  const isOnly = !layer.tree && !layer.blob
  yield {
    what,
    problem: isOnly && inUse ? `${problem} (a container stands on it: remove that first)` : problem,
    severity: 'damage',
    ...(isOnly && inUse ? {} : { repair: () => dropPatch(shop, layer, isOnly) }),
  }
}

const dropPatch = (shop: LayerShop, { id }: LayerRecord, isOnly: boolean): string => {
  if (isOnly) {
    shop.layers.remove(id)
    return 'dropped, for it has no other form: what needs it has to be built, pulled or loaded again'
  }
  moveToTrash(shop.paths, layerPaths(shop.paths, id).patch)
  return 'its patch was dropped; it has other forms'
}

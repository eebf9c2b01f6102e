import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Descriptor, type HostPath, hexOf } from '../../foundation/oci/index.ts'
import { bootId } from '../../foundation/sys/index.ts'
import { readPatchFacts } from '../layer/index.ts'
import type { LayerShop } from './layer-forms.ts'
import type { ImageFiles } from './mounts-images.ts'
import { patchedOf } from './patched.ts'
import { layerPaths, type StorePaths } from './store-paths.ts'
import type { LayerId, LayerRecord } from './types.ts'

/** What has the bytes of an image's files, and where that image lies when there is one. */
export interface ImageGround extends ImageFiles {
  /** Bytes of the layer's tar. */
  readonly tarSize: number
  /** Instead of a whole tar: the image's data are the base's tar and this patch. */
  readonly patch?: HostPath
}

/** Of a layer with its whole tar and a patch both, the tar first. Throws `bad-patch`. */
export const groundsOf = (shop: LayerShop, layer: LayerRecord): readonly ImageGround[] => {
  const tar = shop.layers.tarBlob(layer)
  return [
    ...(tar ? [groundOnTar(shop, layer, tar)] : []),
    ...(layer.patch ? [groundOnPatch(shop, layer, layer.patch)] : []),
  ]
}

export const groundOnTar = (
  { paths, content }: Pick<LayerShop, 'paths' | 'content'>,
  { id }: LayerRecord,
  { digest, size }: Descriptor,
): ImageGround => ({
  path: join(layerPaths(paths, id).directory, nameOf()),
  tarSize: size,
  data: [content.pathOf(digest)],
})

/** The table is not looked at: every run comes here. */
const groundOnPatch = (shop: LayerShop, layer: LayerRecord, base: Descriptor): ImageGround => {
  const { directory, patch } = layerPaths(shop.paths, layer.id)
  const facts = readPatchFacts(patch)
  // Says what is wrong.
  if (facts.base !== base.digest || facts.baseSize !== base.size || facts.tarSize !== layer.tarSize)
    patchedOf(shop, layer)
  return {
    path: join(directory, `${nameOf()}-${tagOf(facts)}`),
    tarSize: facts.tarSize,
    data: [shop.content.pathOf(base.digest), patch],
    patch,
  }
}

/** Another patch of the same layer would have its bytes elsewhere. */
const tagOf = ({ base, tableHash }: ReturnType<typeof readPatchFacts>): string =>
  hexOf(base).slice(0, 12) + tableHash.slice(0, 12)

const prefix = 'image-'

/** An image holds for one boot. */
const nameOf = (): string => `${prefix}${bootId()}`

const namesIn = (paths: StorePaths, id: LayerId): readonly string[] => {
  try {
    return readdirSync(layerPaths(paths, id).directory).filter((name) => name.startsWith(prefix))
  } catch {
    return []
  }
}

const isWhole = (name: string): boolean => name.startsWith(nameOf()) && !name.endsWith('.tmp')

/** The layer's images of this boot. */
export const imagesIn = (paths: StorePaths, id: LayerId): readonly HostPath[] =>
  namesIn(paths, id)
    .filter(isWhole)
    .map((name) => join(layerPaths(paths, id).directory, name))

/** Those of other boots, and what killed builds have left of one. */
export const dropOthers = (paths: StorePaths, id: LayerId): void => {
  for (const name of namesIn(paths, id))
    if (!isWhole(name)) rmSync(join(layerPaths(paths, id).directory, name), { force: true })
}

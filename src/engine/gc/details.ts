import type { ImageSummary } from '../../store/image/index.ts'
import type { LayerId, SecondForm } from '../../store/snapshot/index.ts'
import { familiar, namesByImage } from '../images.ts'
import { neededLayers } from '../images-prune.ts'
import type { ImageUsers } from '../images-remove.ts'
import type { Store } from '../store.ts'
import { rememberedSteps } from './collect.ts'
import { nameOf as nameOfForm } from './form-units.ts'
import { layerSizes } from './measure.ts'

/** What one image takes, and who keeps it. Bytes on the disk. */
export interface ImageSpace {
  readonly image: ImageSummary
  readonly names: readonly string[]
  readonly size: number
  /** Of layers that other images have too. */
  readonly shared: number
  readonly unique: number
  /** Containers that were made from it, or have it mounted. */
  readonly containers: readonly string[]
}

/** One layer of the build cache, one cache mount, or one form of a layer that has another one. */
export interface CacheRow {
  readonly id: string
  readonly kind: 'step' | 'mount' | 'form'
  readonly description: string
  readonly size: number
  /** Milliseconds that making it took; 0 when that is not known. */
  readonly cost: number
  /** Milliseconds since the epoch. */
  readonly lastUsed: number
  /** Who keeps it from being dropped: images by name, containers and commands that run. Nobody: a prune may take it. */
  readonly keptBy: readonly string[]
}

export interface StoreDetails {
  readonly images: readonly ImageSpace[]
  readonly cache: readonly CacheRow[]
}

/** Everything that takes space, one by one. */
export const storeDetails = async (store: Store, usedBy: ImageUsers = () => []): Promise<StoreDetails> => {
  const sizeOf = layerSizes(store)
  const images = store.images.summaries()
  const owners = imagesByLayer(images)
  const names = namesByImage(store.images.names())
  const nameOf = (image: ImageSummary): string =>
    (names.get(image.id) ?? []).map(familiar)[0] ?? image.id.slice(0, 19)
  return {
    images: images.map((image) => ({
      image,
      names: (names.get(image.id) ?? []).map(familiar),
      ...spaceOf(image, owners, sizeOf),
      containers: usedBy(image).map(({ container }) => container),
    })),
    cache: [
      ...stepRows(store, { owners, nameOf, sizeOf }),
      ...mountRows(store),
      ...formRows(await store.snapshots.secondForms()),
    ],
  }
}

const imagesByLayer = (images: readonly ImageSummary[]): ReadonlyMap<LayerId, readonly ImageSummary[]> => {
  const owners = new Map<LayerId, ImageSummary[]>()
  for (const image of images)
    for (const id of new Set(image.stack)) {
      const known = owners.get(id)
      if (known) known.push(image)
      else owners.set(id, [image])
    }
  return owners
}

const spaceOf = (
  image: ImageSummary,
  owners: ReadonlyMap<LayerId, readonly ImageSummary[]>,
  sizeOf: (id: LayerId) => number,
): Pick<ImageSpace, 'size' | 'shared' | 'unique'> => {
  let shared = 0
  let unique = 0
  for (const id of new Set(image.stack)) {
    if ((owners.get(id)?.length ?? 0) > 1) shared += sizeOf(id)
    else unique += sizeOf(id)
  }
  return { size: shared + unique, shared, unique }
}

interface Looked {
  readonly owners: ReadonlyMap<LayerId, readonly ImageSummary[]>
  readonly nameOf: (image: ImageSummary) => string
  readonly sizeOf: (id: LayerId) => number
}

/** A step is shown by the layer that it made, the topmost of its result. */
const stepRows = (store: Store, { owners: byLayer, nameOf, sizeOf }: Looked): readonly CacheRow[] => {
  const needed = neededLayers(store)
  return rememberedSteps(store).map(({ name, layers, milliseconds, lastUsed, key }) => {
    const own = layers.at(-1)
    const owners = own === undefined ? [] : (byLayer.get(own) ?? []).map(nameOf)
    const isHeld = own !== undefined && needed.has(own) && owners.length === 0
    return {
      id: own ?? key,
      kind: 'step',
      description: name,
      size: own === undefined ? 0 : sizeOf(own),
      cost: milliseconds,
      lastUsed,
      keptBy: isHeld ? ['a container or a running command'] : owners,
    }
  })
}

const mountRows = ({ cacheMounts }: Store): readonly CacheRow[] =>
  cacheMounts.list().map(({ id, inUse, lastUsed, size }) => ({
    id,
    kind: 'mount',
    description: `cache mount ${id}`,
    size,
    cost: 0,
    lastUsed,
    keptBy: inUse ? ['a running build'] : [],
  }))

const formRows = (forms: readonly SecondForm[]): readonly CacheRow[] =>
  forms.map((form) => ({
    id: form.layer,
    kind: 'form',
    description: `${nameOfForm(form)}, which has another form`,
    size: form.bytes,
    cost: form.milliseconds,
    lastUsed: form.lastUsed,
    keptBy: [],
  }))

import type { FileTree } from '../../foundation/filetree/index.ts'
import { removeTrees, sweepAside, syncFilesystem } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { ContentStore } from '../content/index.ts'
import { addLayer, addLayerFrom } from './add-layer.ts'
import { createCompressedForms } from './compressed-forms.ts'
import { copyDriver } from './copy/copy-driver.ts'
import { offersTar, tarStamp } from './copy-tars.ts'
import { createLayerTable } from './layer-table.ts'
import { layerViews } from './layer-views.ts'
import { treeForms } from './materialise.ts'
import { overlayDriver } from './overlay-driver.ts'
import { heldLayers, pruneStore, quietly } from './prune.ts'
import { storePaths } from './store-paths.ts'
import { tarForms } from './tar-forms.ts'
import { hasTrashOlderThan, trashOlderThan, withoutSmall } from './trash.ts'
import type { LayerId, SnapshotStore, Stack } from './types.ts'
import { unionOf } from './union/union-tree.ts'
import { formsOf, usageOf, usagesOf } from './usage.ts'
import { clearMarks, volatileMarks } from './volatile.ts'
import type { Workshop } from './workshop.ts'
import {
  captureOwned,
  changesOfOwned,
  ensureOwned,
  prepareActive,
  prepareOwned,
  removeOwned,
} from './writable-states.ts'
import { writeLargeLayer, writeLayer } from './write-layer.ts'

export interface SnapshotOptions {
  /** A store that `openStoreRoot` has opened. */
  readonly root: HostPath
  /** The content store of the same root. */
  readonly content: ContentStore
  /** `copy` works on every file system, slowly; `probeOverlay` tells whether it has to be. Default `overlay`. */
  readonly driver?: 'overlay' | 'copy'
  /** Layers that are mounted as images over their tars instead of being unpacked. Default `worthwhile`: large ones. */
  readonly images?: 'worthwhile' | 'always' | 'never'
  /** See `RecordTableOptions`. */
  readonly lists?: HostPath
}

/** Opens the snapshots of a store: reads and writes nothing by itself. */
export const openSnapshots = ({
  root,
  content,
  driver: kind = 'overlay',
  images = 'worthwhile',
  lists,
}: SnapshotOptions): SnapshotStore => {
  const paths = storePaths(root)
  const layers = createLayerTable(paths, content, lists)
  const forms = createCompressedForms(paths, content)
  const now = (): number => Math.floor(Date.now() / 1000)
  const shop: Workshop = { paths, content, layers, forms, images, now }
  const trees = treeForms(shop)
  const tars = tarForms(shop)
  const views = layerViews(shop)
  const union = (stack: Stack): FileTree => unionOf([...stack].reverse().map((id) => views(id)))
  const driver = kind === 'overlay' ? overlayDriver(shop, { trees, tars }, views) : copyDriver(shop, union)

  return {
    prepare: (stack, signal, seen) => prepareActive(paths, driver, stack, { signal, seen }),
    prepareFor: (id, stack, signal) => prepareOwned(paths, driver, { id, stack }, signal),
    ensureOwned: (id, stack) => ensureOwned(paths, driver, { id, stack }),
    removeOwned: (id) => removeOwned(paths, id),
    commitOwned: async (id) => captureOwned(paths, driver, id),
    changesOf: (id) => changesOfOwned(paths, driver, id),
    view: (stack, signal) => driver.view(stack, signal),
    unpackFromNow() {
      shop.images = 'never'
    },
    writeLayer: (write) => writeLayer(shop, write),
    writeLargeLayer: (size, write, meanwhile) => writeLargeLayer(shop, size, write, meanwhile),
    offersTar: (id): id is LayerId => offersTar(shop, id),
    tarStamp: (id) => tarStamp(shop, id),
    addLayer: (blob, diffId, options) => addLayer(shop, blob, diffId, options),
    addLayerFrom: (chunks, blob, diffId, arrived) => addLayerFrom(shop, chunks, { blob, diffId }, arrived),
    describe: tars.describe,
    tarOf: tars.tarOf,
    compressedOf: async (id, compression, signal) =>
      (await import('./compress-layer.ts')).compressLayer(shop, tars, { id, compression, signal }),
    formsOf: (id) => formsOf(shop, id),
    secondForms: async () => (await import('./second-forms.ts')).secondForms(shop),
    dropForms: async (forms) => (await import('./second-forms.ts')).dropForms(shop, forms),
    get: layers.get,
    findByDiffId: layers.findByDiffId,
    union,
    usage: (id) => usageOf(shop, id),
    usages: () => usagesOf(shop),
    list: layers.list,
    present: layers.present,
    remove: layers.remove,
    quietly: (work) => quietly(paths, work),
    heldLayers: () => heldLayers(paths, layers),
    pruneUnreferenced: (roots) => pruneStore(shop, roots),
    emptyTrash(minAge = 0) {
      removeTrees(withoutSmall(trashOlderThan(paths, minAge)))
    },
    sweepTrash(minAge) {
      if (hasTrashOlderThan(paths, minAge)) sweepAside(paths.trash, Math.ceil(minAge / 1000))
    },
    async sync() {
      const covered = volatileMarks(paths)
      syncFilesystem(root)
      clearMarks(paths, covered)
    },
  }
}

import { join } from 'node:path'
import { contentChecks } from '../../store/content/index.ts'
import { imageChecks } from '../../store/image/index.ts'
import { snapshotChecks } from '../../store/snapshot/index.ts'
import { transferChecks } from '../../store/transfer/index.ts'
import type { Store } from '../store.ts'
import { checkContainers } from './check-containers.ts'
import { checkDirectories } from './check-directories.ts'
import { checkRecords } from './check-records.ts'
import { checkSteps as checkBuildCache } from './check-steps.ts'
import { checkVolumes } from './check-volumes.ts'
import type { CheckStep, VerifyOptions } from './types.ts'

/** The steps in their order: what is dropped in one is missed in the next. */
export const checkSteps = async (
  store: Store,
  { quick = false, refetch, since }: VerifyOptions & { readonly since: number },
): Promise<readonly CheckStep[]> => {
  const { root, content } = store
  const images = { ...store, records: join(root, 'records'), ...(refetch ? { refetch } : {}) }
  const [blobs, layers, documents, downloads, records, containers] = await Promise.all([
    contentChecks(),
    snapshotChecks(),
    imageChecks(),
    transferChecks(),
    checkRecords(root, since),
    checkContainers(root),
  ])
  return [
    { name: 'directories', run: (count) => checkDirectories(root, count) },
    { name: 'records', run: records },
    { name: 'blobs', run: (count) => blobs.checkBlobs({ root, hash: !quick }, count) },
    // Before the trees: of one that is damaged nothing is left when the blob is of another layer.
    {
      name: 'compressed layers',
      run: (count) => layers.checkCompressed({ root, content, contents: !quick }, count),
    },
    {
      name: 'layers',
      run: (count) => layers.checkLayers({ root, content, contents: !quick, since }, count),
    },
    { name: 'images', run: (count) => documents.checkImages(images, count) },
    { name: 'indexes', run: (count) => documents.checkIndexes(images, count) },
    { name: 'names', run: (count) => documents.checkNames(images, count) },
    { name: 'names by digest', run: (count) => documents.checkPins(images, count) },
    { name: 'build cache', run: (count) => checkBuildCache(store, count) },
    { name: 'containers', run: containers },
    { name: 'volumes', run: (count) => checkVolumes(root, count) },
    { name: 'downloads', run: (count) => downloads.checkPartial(root, content, count) },
    { name: 'work in progress', run: (count) => layers.checkWork(root, count) },
  ]
}

/**
 * Images between the store and registries. In: names and a registry. Out: images in the store, images in the registry. Invariant: a
 * name is set when all that it leads to is here, checked and on the disk; what was interrupted is gone on with.
 */
export { compressImage, compressIndex, type Recompression } from './compress-image.ts'
export { TransferError, type TransferErrorCode } from './errors.ts'
export { inParallel } from './in-parallel.ts'
export { compressedLayer } from './prepare-image.ts'
export { pullImage } from './pull.ts'
export { pullLayer } from './pull-layers.ts'
export { pushImage } from './push.ts'
export { type BlobSender, createBlobSender, type Located } from './send-blobs.ts'
export type {
  LayerState,
  Pulled,
  PullOptions,
  Pushable,
  Pushed,
  PushOptions,
  Transfer,
  TransferEvent,
  TransferStore,
} from './types.ts'

/** Looking for downloads that are of no use. Loaded when asked for. */
export const transferChecks = (): Promise<typeof import('./checks.ts')> => import('./checks.ts')

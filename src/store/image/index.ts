/**
 * Names -> images. In: configs and stacks of layers. Out: images with canonical config and manifest, found by name or id.
 * Invariant: a name leads to an image (or an index of images) that is whole, or to nothing.
 */
export { type AssembledLayer, assembleIndex, assembleManifest, describeBytes } from './assemble.ts'
export { checkHistory, type HistoryLayer, historyMatches, layerHistory } from './history.ts'
export { createImageStore, type ImageStoreOptions } from './image-store.ts'
export type { Image, ImageIndex, ImageStore, ImageSummary, IndexImage, NameRecord } from './types.ts'
export { validateImage } from './validate.ts'

/** Looking for images that are not whole. Loaded when asked for. */
export const imageChecks = (): Promise<typeof import('./checks.ts')> => import('./checks.ts')

/**
 * Names -> images. In: configs and stacks of layers. Out: images with canonical config and manifest, found by name or id.
 * Invariant: a name leads to an image that is whole, or to nothing.
 */
export { type AssembledLayer, assembleManifest, describeBytes } from './assemble.ts'
export { checkHistory, type HistoryLayer, historyMatches, layerHistory } from './history.ts'
export { createImageStore, type ImageStoreOptions } from './image-store.ts'
export type { Image, ImageStore, NameRecord } from './types.ts'
export { validateImage } from './validate.ts'

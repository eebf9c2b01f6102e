/**
 * Images as files and back. In: images, archives, tars of root file systems. Out: docker archives, OCI archives and
 * layouts, plain tars, images. Invariant: names in an archive are only names; what it says of its blobs is checked.
 */
export { ArchiveError, type ArchiveErrorCode } from './errors.ts'
export { exportLocal } from './export-local.ts'
export { exportTar, exportTars, type PlacedStack } from './export-tree.ts'
export { type ImportOptions, importRootfs } from './import-rootfs.ts'
export { loadArchive } from './load.ts'
export { type LayoutChoice, loadLayoutImage } from './load-layout.ts'
export { type SaveOptions, saveDockerArchive, saveOciArchive, saveOciLayout } from './save.ts'
export { privateFile, writeTargetFile } from './target-file.ts'
export type {
  ArchiveSource,
  ArchiveStore,
  ByteSink,
  LoadedImage,
  LoadedName,
  LoadOptions,
  NamedImage,
} from './types.ts'

/** Archives as build contexts: tar in any compression, zip. In: a file. Out: entries for a layer, checked. */
export { openContextArchive } from './open-context-archive.ts'
export type { ArchiveRequest, ContextArchive } from './types.ts'

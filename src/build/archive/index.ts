/** Archives as build contexts: tar in any compression, zip. In: a file. Out: entries for a layer, checked. */
export { type ContextArchive, openContextArchive } from './open-context-archive.ts'

/** A package that only zip contexts need: loaded late. */
export { type Entry, type FileEntry, Reader, ZipReader } from '@zip.js/zip.js'

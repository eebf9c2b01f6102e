/** What the command line needs of caches besides a build's own. */
export { parseCompression } from '../../store/compression/index.ts'
export {
  exportMounts,
  type ImportedMount,
  importMounts,
  listMounts,
  type MountsContext,
  type MountsWish,
} from './mounts.ts'
export { type CacheSecret, parseCacheKey } from './signature.ts'

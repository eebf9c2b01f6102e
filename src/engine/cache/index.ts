/** What the command line needs of caches besides a build's own. */
export { parseCompression } from '../../store/compression/index.ts'
export { type CacheSecret, parseCacheKey } from './signature.ts'

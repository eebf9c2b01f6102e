/** Directories that RUN --mount=type=cache keeps between builds: by name, shared between processes, safe against kill -9. */
export { parseCacheMountName } from './cache-mount-name.ts'
export { openCacheMounts } from './open-cache-mounts.ts'
export type {
  CacheMount,
  CacheMountName,
  CacheMounts,
  CacheMountUsage,
  PruneCaches,
  Sharing,
} from './types.ts'

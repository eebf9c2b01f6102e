/** The build cache by what it takes and what it is worth. */
export type { CacheUnit } from './cache-units.ts'
export { type CollectOptions, type CollectReport, collectCache } from './collect.ts'
export { type CacheRow, type ImageSpace, type StoreDetails, storeDetails } from './details.ts'
export type { SpaceLimits } from './limits.ts'
export { diskSpace, storeSize } from './measure.ts'
export { collectAfterBuild, type SpacePolicy } from './policy.ts'

/** Decides, for every vertex of a plan, between a known result and execution. Knows ops by interface only. */
export { cacheKeyOf } from './cache-key.ts'
export { type SolveOptions, solve } from './solve.ts'
export type {
  CacheKey,
  Executor,
  KeyComponent,
  PreparedStep,
  StepCache,
  StepContext,
} from './types.ts'

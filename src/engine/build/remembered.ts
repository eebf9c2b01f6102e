import type { StepResult } from '../../build/ops/index.ts'
import { cacheKeyOf, type PreparedStep } from '../../build/solver/index.ts'
import type { Lease, Stack } from '../../store/snapshot/index.ts'
import type { Store } from '../store.ts'
import { createStepCache } from './step-cache.ts'

export interface Remembering {
  readonly store: Store
  readonly lease: Lease
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Does a step, unless its result is known from an earlier build. Its record keeps the result from being pruned. */
export const remembered = async (
  { store, lease, now }: Remembering,
  name: string,
  { components, execute }: PreparedStep<StepResult>,
): Promise<Stack> => {
  const cache = createStepCache({ table: store.steps, snapshots: store.snapshots, lease })
  const key = cacheKeyOf(components)
  const known = cache.get(key)
  if (known) return known.stack
  const begin = now()
  const result = await execute()
  cache.put(key, { components, result, name, milliseconds: now() - begin })
  return result.stack
}

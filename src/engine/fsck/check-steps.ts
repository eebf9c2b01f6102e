import type { CountChecked, Finding } from '../../foundation/errors/index.ts'
import type { Store } from '../store.ts'

/** Records of the build cache whose layers are gone: a build takes them for unknown steps. */
export function* checkSteps(store: Store, count: CountChecked): Generator<Finding> {
  for (const [key, step] of store.steps.entries()) {
    count()
    const gone = step.layers.find((id) => store.snapshots.get(id) === undefined)
    if (gone === undefined) continue
    yield {
      what: `step ${key} (${step.name})`,
      problem: `made layer ${gone}, which is gone`,
      severity: 'leftover',
      repair: () => {
        store.steps.remove(key)
        return 'dropped'
      },
    }
  }
}

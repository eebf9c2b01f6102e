import type { Vertex } from '../../build/graph/index.ts'
import type { StepResult } from '../../build/ops/index.ts'
import type { CacheKey, KeyComponent, PreparedStep } from '../../build/solver/index.ts'
import type { ImportedStep } from './imported.ts'
import type { DoneStep, SessionOptions } from './session-types.ts'

/** A step that the solver has asked for. */
export interface AskedStep {
  readonly vertex: Vertex
  readonly inputs: readonly StepResult[]
  readonly components: readonly KeyComponent[]
  /** With all inputs in the store. */
  readonly whole: () => Promise<PreparedStep<StepResult>>
}

/** What a session has seen of the steps of its build. */
export interface SessionNotes {
  readonly asked: Map<CacheKey, AskedStep>
  /** What a step was made from in the end, where it had to be executed. */
  readonly actual: Map<AskedStep, Pick<DoneStep, 'inputs' | 'components'>>
  /** Notes the result of an asked step, and gives it back. */
  done(key: CacheKey, result: StepResult, how?: HowDone): StepResult
  /** Done steps, without those that came from a cache that has failed since. */
  believed(): readonly DoneStep[]
}

interface HowDone {
  /** Where a cache had it. */
  readonly found?: ImportedStep
  readonly milliseconds?: number
}

export const createSessionNotes = ({
  imported,
  costOf,
}: Pick<SessionOptions, 'imported' | 'costOf'>): SessionNotes => {
  const asked: SessionNotes['asked'] = new Map()
  const actual: SessionNotes['actual'] = new Map()
  const done = new Map<CacheKey, DoneStep>()
  return {
    asked,
    actual,
    done(key, result, { found, milliseconds = found?.milliseconds ?? costOf(key) } = {}) {
      const step = asked.get(key)
      if (step)
        done.set(key, {
          ...step,
          ...actual.get(step),
          result,
          milliseconds,
          ...(found && { imported: found }),
        })
      return result
    },
    believed: () => [...done.values()].filter(({ imported: one }) => !one || imported.trusts(one.place)),
  }
}

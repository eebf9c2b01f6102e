import type { Severity } from '../../foundation/errors/index.ts'

/** A diagnostic that has no place yet. */
export interface PlanProblem {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
  /** Default: error. */
  readonly severity?: Severity
}

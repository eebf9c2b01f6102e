import type { Severity } from '../../foundation/errors/index.ts'
import type { Part } from '../dockerfile/index.ts'

/** A diagnostic that has no place yet. */
export interface PlanProblem {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
  /** The flag or word it is about; the whole instruction otherwise. */
  readonly part?: Part | undefined
  /** Default: error. */
  readonly severity?: Severity
}

/** What to do about a word whose variables cannot be put in. */
export const badWordHint =
  'a variable is $NAME, or its name in closed braces after the dollar sign; a plain one is escaped'

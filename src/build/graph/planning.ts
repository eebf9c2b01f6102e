import type { Diagnostic, Range, Severity } from '../../foundation/errors/index.ts'
import type { Stage } from '../dockerfile/index.ts'
import type { StageState } from './stage-state.ts'
import type { ImageNeed, PlanRequest, Vertex, VertexId } from './types.ts'

/** What one run of the planner gathers. */
export interface Planning {
  readonly request: PlanRequest
  readonly stages: readonly Stage[]
  /** ARGs before the first FROM and those of the platform: what FROM sees, and what `ARG NAME` in a stage takes its value from. */
  readonly globalArgs: ReadonlyMap<string, string>
  readonly buildArgs: ReadonlyMap<string, string>
  /** In the order made: inputs before users. */
  readonly vertices: Map<VertexId, Vertex>
  readonly needs: Map<string, ImageNeed>
  readonly diagnostics: Diagnostic[]
  /** Stages planned so far; 'waiting' for an image, 'failed' with diagnostics. */
  readonly results: Map<number, StageState | 'waiting' | 'failed'>
  /** Names that any ARG declares, also in ONBUILD triggers. */
  readonly declaredArgs: Set<string>
  /** Characters that may still be put into the plan. */
  readonly budget: { characters: number }
}

export interface PlanProblem {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
  readonly severity?: Severity
}

export const report = (planning: Planning, range: Range | undefined, problem: PlanProblem): undefined => {
  planning.diagnostics.push({
    severity: problem.severity ?? 'error',
    code: problem.code,
    message: problem.message,
    file: planning.request.dockerfile.file,
    ...(range ? { range } : {}),
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
  })
  return undefined
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((each) => each.severity === 'error')

/** Far more than any honest plan has; what is over it was made by an input that multiplies itself. */
export const planBudget = 256 * 1024 * 1024

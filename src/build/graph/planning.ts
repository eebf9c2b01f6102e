import type { Diagnostic, Range } from '../../foundation/errors/index.ts'
import type { PointedDiagnostic, Stage } from '../dockerfile/index.ts'
import type { BuildArgSettings } from './build-arg-settings.ts'
import type { Base } from './link-types.ts'
import type { PlanProblem } from './plan-problem.ts'
import type { StageState } from './stage-state.ts'
import type { ImageNeed, PlanRequest, Vertex, VertexId } from './types.ts'

/** What one run of the planner gathers. */
export interface Planning {
  readonly request: PlanRequest
  readonly stages: readonly Stage[]
  /** Positions of the stages of a name, in file order. */
  readonly stagesByName: ReadonlyMap<string, readonly number[]>
  /** Names of contexts as they are compared -> keys of `PlanRequest.contexts`. */
  readonly contextNames: ReadonlyMap<string, string>
  /** ARGs before the first FROM and those of the platform: what FROM sees, and what `ARG NAME` in a stage takes its value from. */
  readonly globalArgs: ReadonlyMap<string, string>
  readonly buildArgs: ReadonlyMap<string, string>
  readonly settings: BuildArgSettings
  /** SOURCE_DATE_EPOCH, seconds. */
  readonly epoch?: number | undefined
  /** Stages (name or number, lower case) that --no-cache-filter names. */
  readonly noCacheStages: ReadonlySet<string>
  /** In the order made: inputs before users. */
  readonly vertices: Map<VertexId, Vertex>
  readonly needs: Map<string, ImageNeed>
  readonly diagnostics: PointedDiagnostic[]
  /** What stages start from, undefined after a report. */
  readonly bases: Map<number, Base | undefined>
  /** Earlier stages that the instructions of a stage name. */
  readonly links: Map<number, readonly number[]>
  /** Stages planned so far; 'waiting' for an image, 'failed' with diagnostics. */
  readonly results: Map<number, StageResult>
  /** Names that any ARG declares, also in ONBUILD triggers. */
  readonly declaredArgs: Set<string>
  /** Undefined names that were reported, with their places. */
  readonly reportedNames: Set<string>
  /** Characters that may still be put into the plan. */
  readonly budget: { characters: number }
}

export type StageResult = StageState | 'waiting' | 'failed'

export const report = (planning: Planning, range: Range | undefined, problem: PlanProblem): undefined => {
  planning.diagnostics.push({
    severity: problem.severity ?? 'error',
    code: problem.code,
    message: problem.message,
    file: planning.request.dockerfile.file,
    ...(range ? { range } : {}),
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
    ...(problem.part === undefined ? {} : { part: problem.part }),
  })
  return undefined
}

export const warn = (
  planning: Planning,
  range: Range,
  code: string,
  message: string,
  hint?: string,
): void => {
  report(planning, range, { severity: 'warning', code, message, hint })
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((each) => each.severity === 'error')

/** Far more than any honest plan has; what is over it was made by an input that multiplies itself. */
export const planBudget = 128 * 1024 * 1024

/** Takes from the budget what copying that many variables, labels and so on costs. */
export const chargeEntries = (planning: Planning, entries: number): void => {
  planning.budget.characters -= entries * 32
}

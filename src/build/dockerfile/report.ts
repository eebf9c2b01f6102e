import type { Diagnostic, Severity } from '../../foundation/errors/index.ts'
import type { SourceLine } from './source-line.ts'
import type { Part } from './syntax.ts'

export interface Problem {
  readonly code: string
  /** What was expected and what was found. */
  readonly message: string
  readonly hint?: string
  /** The part it is about; the whole instruction otherwise. */
  readonly part?: Part
  readonly severity?: Severity
}

/** Takes one problem of the instruction being read. Returns undefined so that a parser can end with it. */
export type Report = (problem: Problem) => undefined

export const createReport =
  (file: string, line: SourceLine, sink: Diagnostic[]): Report =>
  (problem) => {
    const range = (problem.part && line.locate(problem.part)) ?? line.range
    sink.push({
      severity: problem.severity ?? 'error',
      code: problem.code,
      message: problem.message,
      file,
      range,
      ...(problem.hint ? { hint: problem.hint } : {}),
    })
    return undefined
  }

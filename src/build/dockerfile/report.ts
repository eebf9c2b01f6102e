import type { Diagnostic, Range, Severity } from '../../foundation/errors/index.ts'
import { limits } from './limits.ts'
import { loadLocator, type Part } from './locate.ts'
import { referenceOf } from './reference-links.ts'
import type { SourceLine } from './source-line.ts'

export interface Problem {
  readonly code: string
  /** What was expected and what was found. */
  readonly message: string
  readonly hint?: string
  /** The part it is about; the whole instruction otherwise. */
  readonly part?: Part
  /** Its place, when that is known already. */
  readonly range?: Range
  readonly severity?: Severity
  /** Docker refuses it only when the step is needed: told when there is something else that ends the build anyway. */
  readonly deferred?: boolean
}

/** Takes one problem of the instruction being read. Returns undefined so that a parser can end with it. */
export type Report = (problem: Problem) => undefined

/** A problem and the instruction that has it. */
export interface Finding {
  readonly problem: Problem
  readonly line: SourceLine
}

export const createReport =
  (line: SourceLine, findings: Finding[]): Report =>
  (problem) => {
    if (problem.deferred && findings.length >= limits.problems) return undefined
    if (findings.length < limits.problems) findings.push({ problem, line })
    else if (findings.length === limits.problems) findings.push({ problem: tooMany, line })
    return undefined
  }

/** What is to be told of these: the deferred ones only beside an error. */
export const toldFindings = (findings: readonly Finding[]): readonly Finding[] =>
  findings.some(({ problem }) => !problem.deferred && (problem.severity ?? 'error') === 'error')
    ? findings
    : findings.filter(({ problem }) => !problem.deferred)

const tooMany: Problem = {
  code: 'too-many-problems',
  message: `expected at most ${limits.problems} problems, found more`,
  hint: 'the rest is shown when these are gone',
}

/** The diagnostic for a whole instruction. */
export const diagnosticOf = (file: string, { problem, line }: Finding): Diagnostic => ({
  severity: problem.severity ?? 'error',
  code: problem.code,
  message: problem.message,
  file,
  range: problem.range ?? line.range,
  ...(problem.hint ? { hint: problem.hint } : {}),
  ...((problem.severity ?? 'error') === 'error' ? { url: referenceOf(line.keyword) } : {}),
})

/** Diagnostics that point at the very part. `lines` are those of the file. */
export const locateFindings = async (
  file: string,
  lines: readonly string[],
  findings: readonly Finding[],
): Promise<readonly Diagnostic[]> => {
  if (!findings.some(({ problem }) => problem.part)) return findings.map((each) => diagnosticOf(file, each))
  const locate = await loadLocator()
  return findings.map((finding, index) => {
    const diagnostic = diagnosticOf(file, finding)
    const { line, problem } = finding
    const { start, end } = line.range
    const isLong = line.text.length > limits.locatedLength
    if (!problem.part || isLong || index >= limits.located) return diagnostic
    const own = lines.slice(start.line - 1, end.line)
    return { ...diagnostic, range: locate(own, start.line, line.escapeCharacter, problem.part) ?? line.range }
  })
}

import type { Diagnostic } from '../../foundation/errors/index.ts'
import { checkCasing } from './check-casing.ts'
import { checkFrom } from './check-from.ts'
import { checkLines } from './check-lines.ts'
import { checkOwnership } from './check-ownership.ts'
import { checkPackageCaches } from './check-package-caches.ts'
import { includes, readCheckSettings, skippedByComments } from './check-settings.ts'
import { checkStageNames } from './check-stage-names.ts'
import { checkStageWork } from './check-stage-work.ts'
import { withExposeFix } from './expose-fix.ts'
import { linkStages } from './needed-stages.ts'
import { readSource } from './read-source.ts'
import { rules } from './rules.ts'
import type { CheckSettings, LintRequest, LintResult, Report, Source } from './types.ts'

interface Found {
  readonly diagnostic: Diagnostic
  readonly phase: number
  /** Line of the instruction that brought it to light. */
  readonly line: number
}

/**
 * Runs the checks on a file that parses (of one that does not, on what could be read), and adds those that others made. What is skipped
 * by the settings or by a comment above the instruction is left out. Pure.
 */
export const lintDockerfile = (request: LintRequest): LintResult => {
  const { dockerfile, buildArgs, text } = request
  const { settings, problem } = readCheckSettings(dockerfile, buildArgs)
  const source = readSource(text, dockerfile)
  const found: Found[] = []
  const rest: Diagnostic[] = []
  for (const diagnostic of request.others ?? []) {
    const rule = rules.get(diagnostic.code)
    const line = diagnostic.range?.start.line ?? 0
    if (!rule) rest.push(diagnostic)
    else found.push({ diagnostic: withExposeFix(source, withUrl(diagnostic)), phase: rule.phase, line })
  }
  const report = createReport(dockerfile.file, found)
  const links = linkStages(request)
  const chosen = (index: number): boolean => request.allStages === true || links.needed.has(index)
  checkLines(source, report)
  checkStageNames(source, report)
  checkCasing(source, report)
  checkFrom(source, request, report)
  checkStageWork(source, links, chosen, report)
  if (request.own) {
    checkOwnership(source, links, chosen, report)
    checkPackageCaches(source, links, report)
  }
  const isWanted = createFilter(settings, source)
  const findings = found
    .filter(isWanted)
    .sort((a, b) => a.phase - b.phase || a.line - b.line)
    .map((each) => each.diagnostic)
  return { findings, rest, settings, ...(problem && { problem }) }
}

const withUrl = (diagnostic: Diagnostic): Diagnostic => {
  const url = rules.get(diagnostic.code)?.url
  return url === undefined || diagnostic.url !== undefined ? diagnostic : { ...diagnostic, url }
}

const createReport =
  (file: string, found: Found[]): Report =>
  (name, instruction, message, details = {}) => {
    const { range, hint, fix, foundAt } = details
    const diagnostic: Diagnostic = {
      severity: 'warning',
      code: name,
      message,
      file,
      range: range ?? instruction.range,
      ...(hint !== undefined && { hint }),
      ...(fix !== undefined && fix.length > 0 && { fix }),
    }
    found.push({
      diagnostic: withUrl(diagnostic),
      phase: rules.get(name)?.phase ?? 0,
      line: (foundAt ?? instruction).range.start.line,
    })
  }

/** An experimental check is asked for by name or not at all: `skip` does not count for it, as BuildKit has it. */
const createFilter = (settings: CheckSettings, source: Source): ((each: Found) => boolean) => {
  const skippedAt = skipsByLine(source)
  return ({ diagnostic: { code, range, file } }) => {
    if (
      rules.get(code)?.experimental ? !includes(settings.experimental, code) : includes(settings.skip, code)
    )
      return false
    const skipped = file === source.dockerfile.file ? skippedAt(range?.start.line ?? 0) : undefined
    return skipped === undefined || !includes(skipped, code)
  }
}

/** What comments skip for the instruction that a line belongs to. */
const skipsByLine = (source: Source): ((line: number) => CheckSettings['skip'] | undefined) => {
  const all = [
    ...source.globalArgs,
    ...source.stages.flatMap(({ from, instructions }) => [from, ...instructions]),
  ].filter(({ comments }) => comments.some((comment) => /^check\s*=/i.test(comment)))
  return (line) => {
    const at = all.find(({ instruction: { range } }) => range.start.line <= line && line <= range.end.line)
    return at && skippedByComments(at.comments)
  }
}

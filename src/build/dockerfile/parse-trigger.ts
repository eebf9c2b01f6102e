import type { Diagnostic, Range } from '../../foundation/errors/index.ts'
import { readLogicalLine } from './logical-line.ts'
import { parseInstruction } from './parse-instruction.ts'
import { createReport, diagnosticOf, type Finding } from './report.ts'
import { splitLine } from './source-line.ts'
import type { StageInstruction } from './types.ts'

/**
 * Reads one ONBUILD trigger of a base image. `at` is where its FROM stands, for messages.
 * The result has an instruction, or diagnostics of severity error.
 */
export const parseTrigger = (
  text: string,
  at: { readonly file: string; readonly range: Range },
): { readonly instruction?: StageInstruction; readonly diagnostics: readonly Diagnostic[] } => {
  const findings: Finding[] = []
  const lines = text.split('\n')
  const logical = readLogicalLine(lines, 0, '\\')
  const line = splitLine(logical, at.range, '\\')
  const report = createReport(line, findings)
  if (lines.slice(logical.lastLine + 1).some((rest) => rest.trim() !== ''))
    report({
      code: 'bad-onbuild',
      message: `expected one instruction in an ONBUILD trigger of the base image, found ${JSON.stringify(text)}`,
    })
  const instruction = parseInstruction(line, report)
  const failed = () => ({ diagnostics: findings.map((each) => fromBase(diagnosticOf(at.file, each), text)) })
  if (!instruction || findings.length > 0) return failed()
  if (instruction.kind === 'from' || instruction.kind === 'onbuild' || instruction.kind === 'maintainer') {
    report({
      code: 'bad-onbuild',
      message: `expected an instruction that ONBUILD can run, found ${line.keyword}`,
    })
    return failed()
  }
  return { instruction: { ...instruction, text: `ONBUILD ${instruction.text}` }, diagnostics: [] }
}

const fromBase = (diagnostic: Diagnostic, trigger: string): Diagnostic => ({
  ...diagnostic,
  message: `${diagnostic.message} (in the base image's ONBUILD ${trigger})`,
})

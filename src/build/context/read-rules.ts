import { DiagnosticError } from '../../foundation/errors/index.ts'
import { type IgnoreFile, type IgnoreRule, parseIgnoreFile } from './ignore-rules.ts'

/** The rules of an ignore file; none without one. Throws a DiagnosticError for patterns that cannot be read. */
export const readRules = (ignore: IgnoreFile | undefined): readonly IgnoreRule[] => {
  if (ignore === undefined) return []
  const { rules, diagnostics } = parseIgnoreFile(ignore)
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics, new Map([[ignore.file, ignore.text]]))
  return rules
}

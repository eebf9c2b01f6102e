import type { Diagnostic } from '../../foundation/errors/index.ts'
import { limits } from './limits.ts'
import { loadLocator, type Part } from './locate.ts'
import type { ParsedDockerfile } from './types.ts'

/** A diagnostic whose range is a whole instruction, and the part of it that is meant. */
export interface PointedDiagnostic extends Diagnostic {
  readonly part?: Part
}

/** The same diagnostics with the ranges of their parts. What has none that can be found keeps the range it has. */
export const pointAtParts = async (
  text: string,
  dockerfile: Pick<ParsedDockerfile, 'escape'>,
  diagnostics: readonly PointedDiagnostic[],
): Promise<readonly Diagnostic[]> => {
  if (!diagnostics.some(({ part }) => part !== undefined)) return diagnostics
  const locate = await loadLocator()
  const lines = (text.startsWith('\uFEFF') ? text.slice(1) : text).split('\n')
  return diagnostics.map(({ part, ...diagnostic }, index): Diagnostic => {
    const { range } = diagnostic
    if (part === undefined || range === undefined || index >= limits.located) return diagnostic
    const own = lines.slice(range.start.line - 1, range.end.line)
    if (own.reduce((sum, line) => sum + line.length, 0) > limits.locatedLength) return diagnostic
    return { ...diagnostic, range: locate(own, range.start.line, dockerfile.escape, part) ?? range }
  })
}

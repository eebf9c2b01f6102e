import type { Diagnostic, Position, TextEdit } from '../../foundation/errors/index.ts'

export interface FixOutcome {
  readonly text: string
  /** Those whose edits were made. */
  readonly fixed: readonly Diagnostic[]
}

/**
 * Makes the edits of all diagnostics that have some. Line ends and a byte order mark stay as they are. The edits of one diagnostic are made
 * together or, when one of them overlaps an edit that was made already, not at all; the same edit twice is one.
 */
export const applyFixes = (text: string, diagnostics: readonly Diagnostic[]): FixOutcome => {
  const start = text.startsWith('\uFEFF') ? 1 : 0
  const lineStarts = [start]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1)
  const offsetOf = ({ line, column }: Position): number =>
    Math.min((lineStarts[line - 1] ?? text.length) + column, text.length)

  const chosen: Edit[] = []
  const fixed: Diagnostic[] = []
  for (const diagnostic of diagnostics) {
    const edits = (diagnostic.fix ?? []).map((edit) => toEdit(edit, offsetOf))
    const isNew = (edit: Edit): boolean => !chosen.some((other) => isSame(edit, other))
    if (
      edits.length === 0 ||
      edits.filter(isNew).some((edit) => chosen.some((other) => overlap(edit, other)))
    )
      continue
    chosen.push(...edits.filter(isNew))
    fixed.push(diagnostic)
  }
  return { text: applyEdits(text, chosen), fixed }
}

interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

const toEdit = ({ range, text }: TextEdit, offsetOf: (position: Position) => number): Edit => ({
  from: offsetOf(range.start),
  to: offsetOf(range.end),
  text,
})

const isSame = (a: Edit, b: Edit): boolean => a.from === b.from && a.to === b.to && a.text === b.text

const overlap = (a: Edit, b: Edit): boolean => a.from < b.to && b.from < a.to

const applyEdits = (text: string, edits: readonly Edit[]): string => {
  let result = ''
  let at = 0
  for (const edit of [...edits].sort((a, b) => a.from - b.from)) {
    result += text.slice(at, edit.from) + edit.text
    at = edit.to
  }
  return result + text.slice(at)
}

import type { Range } from '../../foundation/errors/index.ts'
import { printableLine } from './printable.ts'

/** Longest part of a source line that is shown, in characters. */
const widest = 160

/**
 * The first line of `range` with a caret line below it and one line of text above it:
 *
 *     2 | FROM debian
 *     3 | FORM x
 *       | ^^^^
 */
export const excerpt = (source: string, range: Range): string => {
  const lines = source.split(/\r?\n/)
  const { start, end } = range
  const line = lines[start.line - 1]
  if (line === undefined) return ''
  const gutter = String(start.line).length
  const row = (number: number | undefined, text: string): string =>
    `${String(number ?? '').padStart(gutter + 2)} | ${text}`.trimEnd()
  const before = lines[start.line - 2]
  const stop = end.line === start.line ? end.column : line.length
  return [
    ...(before?.trim() ? [row(start.line - 1, shown(before))] : []),
    row(start.line, shown(line)),
    row(undefined, caretLine(line, start.column, stop)),
  ].join('\n')
}

const shown = (line: string): string => printableLine(line.slice(0, widest)).replaceAll('\\t', ' ')

/** Spaces up to the column, then at least one caret. Widths are those of the line as it is shown. */
const caretLine = (line: string, from: number, to: number): string => {
  const start = shown(line.slice(0, Math.min(from, line.length, widest))).length
  const width = shown(line.slice(from, Math.min(to, line.trimEnd().length, widest))).length
  return ' '.repeat(start) + '^'.repeat(Math.max(1, width))
}

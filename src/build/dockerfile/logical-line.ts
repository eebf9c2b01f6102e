import type { Position, Range } from '../../foundation/errors/index.ts'
import { trimEnd, trimStart } from './character.ts'
import { type HeredocMark, heredocMarksOf } from './heredoc.ts'
import type { EscapeCharacter, Heredoc } from './types.ts'

/** One instruction as docker reads it: physical lines joined, here-documents taken. */
export interface LogicalLine {
  readonly text: string
  /** White space that stood after the text. */
  readonly trailing: string
  /** Where its parts stand in the file, in order. */
  readonly pieces: readonly Piece[]
  readonly heredocs: readonly Heredoc[]
  /** Index of the last physical line it uses. */
  readonly lastLine: number
  /** A here-document whose end is not in the file. */
  readonly unterminated?: HeredocMark
  /** A blank line stands between its continued lines. */
  readonly hasBlank: boolean
}

/** From `offset` of the joined text on, the text stands at this place of the file. */
export interface Piece {
  readonly offset: number
  /** From 1. */
  readonly line: number
  readonly column: number
}

const continuations: Readonly<Record<EscapeCharacter, RegExp>> = {
  '\\': /(^|[^\\])\\[ \t]*$/,
  '`': /(^|[^`])`[ \t]*$/,
}

const keywordsWithHeredoc = /^(?:ONBUILD[\t\v\f\r ]+)?(?:RUN|COPY|ADD)[\t\v\f\r ]/i

/** Reads from physical line `first`. `lines` are split at `\n`; a `\r` before it is white space, except in here-documents. */
export const readLogicalLine = (
  lines: readonly string[],
  first: number,
  escapeCharacter: EscapeCharacter,
): LogicalLine => {
  const joined = joinLines(lines, first, escapeCharacter)
  const { text } = joined
  const marks = text.includes('<<') && keywordsWithHeredoc.test(text) ? heredocMarksOf(text) : []
  return { ...joined, ...readHeredocs(lines, joined.lastLine, marks) }
}

type JoinedLines = Pick<LogicalLine, 'text' | 'trailing' | 'pieces' | 'hasBlank' | 'lastLine'>

const joinLines = (
  lines: readonly string[],
  first: number,
  escapeCharacter: EscapeCharacter,
): JoinedLines => {
  const continuation = continuations[escapeCharacter]
  const start = withoutReturn(lines[first] ?? '')
  const pieces: Piece[] = []
  const parts: string[] = []
  let line = trimStart(start)
  let column = start.length - line.length
  let at = first
  let offset = 0
  let hasBlank = false
  for (;;) {
    const part = line.replace(continuation, '$1')
    pieces.push({ offset, line: at + 1, column })
    parts.push(part)
    offset += part.length
    const next = part === line ? undefined : nextContinuation(lines, at + 1)
    hasBlank ||= next?.hasBlank ?? false
    if (next?.line === undefined) {
      const whole = parts.join('')
      const started = trimStart(whole)
      const text = trimEnd(started)
      const leading = whole.length - started.length
      return {
        text,
        trailing: started.slice(text.length),
        pieces:
          leading === 0 ? pieces : pieces.map((piece) => ({ ...piece, offset: piece.offset - leading })),
        hasBlank,
        // A file that ends where a line is continued has nothing left for here-documents.
        lastLine: part === line ? at : lines.length - 1,
      }
    }
    at = next.line
    column = 0
    line = withoutReturn(lines[at] ?? '')
  }
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.replace(/\r+$/, '') : line)

/** The next line that counts: blank lines and comments between continued lines do not. */
const nextContinuation = (
  lines: readonly string[],
  from: number,
): { readonly line: number | undefined; readonly hasBlank: boolean } => {
  let hasBlank = false
  for (let i = from; i < lines.length; i++) {
    const line = trimStart(lines[i] ?? '')
    if (line !== '' && !line.startsWith('#')) return { line: i, hasBlank }
    // What follows the last newline is no line.
    hasBlank ||= line === '' && i < lines.length - 1
  }
  return { line: undefined, hasBlank }
}

const readHeredocs = (
  lines: readonly string[],
  opened: number,
  marks: readonly HeredocMark[],
): Pick<LogicalLine, 'heredocs' | 'lastLine' | 'unterminated'> => {
  const heredocs: Heredoc[] = []
  let at = opened
  for (const mark of marks) {
    const start = at + 1
    let end = start
    while (end < lines.length && !ends(lines[end] ?? '', mark)) end++
    if (end >= lines.length) return { heredocs, lastLine: lines.length - 1, unterminated: mark }
    heredocs.push({
      ...mark,
      text: lines
        .slice(start, end)
        .map((line) => `${line}\n`)
        .join(''),
    })
    at = end
  }
  return { heredocs, lastLine: at }
}

const ends = (line: string, mark: HeredocMark): boolean => {
  const bare = withoutReturn(line)
  return (mark.chomp ? bare.replace(/^\t+/, '') : bare) === mark.name
}

/** The place in the file of a part of the joined text. */
export const rangeInPieces = (pieces: readonly Piece[], start: number, end: number): Range => ({
  start: positionInPieces(pieces, start),
  // The last character tells the line: what follows it may stand on another one.
  end: positionInPieces(pieces, Math.max(start, end - 1), end),
})

const positionInPieces = (pieces: readonly Piece[], at: number, offset = at): Position => {
  let low = 0
  let high = pieces.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((pieces[middle]?.offset ?? 0) <= at) low = middle
    else high = middle - 1
  }
  const piece = pieces[low]
  return piece ? { line: piece.line, column: piece.column + offset - piece.offset } : { line: 1, column: 0 }
}

import { type HeredocMark, heredocMarksOf } from './heredoc.ts'
import type { EscapeCharacter, Heredoc } from './types.ts'

/** One instruction as docker reads it: physical lines joined, here-documents taken. */
export interface LogicalLine {
  readonly text: string
  readonly heredocs: readonly Heredoc[]
  /** Index of the last physical line it uses. */
  readonly lastLine: number
  /** A here-document whose end is not in the file. */
  readonly unterminated?: HeredocMark
}

const continuations: Readonly<Record<EscapeCharacter, RegExp>> = {
  '\\': /(^|[^\\])\\[ \t]*$/,
  '`': /(^|[^`])`[ \t]*$/,
}

const keywordsWithHeredoc = /^\s*(?:ONBUILD\s+)?(?:RUN|COPY|ADD)\s/i

/** Reads from physical line `first`. `lines` are split at `\n`; a `\r` before it is white space, except in here-documents. */
export const readLogicalLine = (
  lines: readonly string[],
  first: number,
  escapeCharacter: EscapeCharacter,
): LogicalLine => {
  const continuation = continuations[escapeCharacter]
  let at = first
  let text = ''
  let line = withoutReturn(lines[at] ?? '').trimStart()
  for (;;) {
    const joined = line.replace(continuation, '$1')
    text += joined
    if (joined === line) break
    const next = nextContinuation(lines, at + 1)
    if (next === undefined) return { text: text.trim(), heredocs: [], lastLine: lines.length - 1 }
    at = next
    line = withoutReturn(lines[at] ?? '')
  }
  const marks = keywordsWithHeredoc.test(text) ? heredocMarksOf(text) : []
  return { text: text.trim(), ...readHeredocs(lines, at, marks) }
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line)

/** Blank lines and comments between continued lines do not count. */
const nextContinuation = (lines: readonly string[], from: number): number | undefined => {
  for (let i = from; i < lines.length; i++) {
    const line = (lines[i] ?? '').trimStart()
    if (line !== '' && !line.startsWith('#')) return i
  }
  return undefined
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

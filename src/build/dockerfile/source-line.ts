import type { Range } from '../../foundation/errors/index.ts'
import { type RawFlag, splitFlags } from './flags.ts'
import { type LogicalLine, rangeInPieces, readLogicalLine } from './logical-line.ts'
import type { EscapeCharacter, Heredoc } from './types.ts'

/** A flag and where it stands. */
export interface WrittenFlag extends Pick<RawFlag, 'name' | 'value'> {
  readonly range: Range
}

/** An instruction taken apart as far as all kinds have in common. */
export interface SourceLine {
  /** Upper case. */
  readonly keyword: string
  /** As written. */
  readonly writtenKeyword: string
  readonly flags: readonly WrittenFlag[]
  /** What follows the flags, trimmed. */
  readonly rest: string
  /** Keyword in upper case and everything after it, on one line. */
  readonly text: string
  readonly heredocs: readonly Heredoc[]
  readonly unterminated?: string
  readonly range: Range
  readonly escapeCharacter: EscapeCharacter
}

/** Takes a logical line apart. */
export const splitLine = (line: LogicalLine, range: Range, escapeCharacter: EscapeCharacter): SourceLine => {
  const space = line.text.search(/[\t\v\f\r ]/)
  const writtenKeyword = space < 0 ? line.text : line.text.slice(0, space)
  const after = space < 0 ? '' : line.text.slice(space).trim()
  const keyword = writtenKeyword.toUpperCase()
  const { flags, rest } = splitFlags(after)
  const shift = line.text.length - after.length
  return {
    keyword,
    writtenKeyword,
    flags: flags.map((flag) => ({
      name: flag.name,
      value: flag.value,
      range: rangeInPieces(line.pieces, flag.start + shift, flag.end + shift),
    })),
    rest,
    text: after === '' ? keyword : `${keyword} ${after}`,
    heredocs: line.heredocs,
    ...(line.unterminated ? { unterminated: line.unterminated.name } : {}),
    range,
    escapeCharacter,
  }
}

/** All instructions of a file, from line `first` on. Blank lines and comments between them do not count. */
export const readSourceLines = (
  lines: readonly string[],
  first: number,
  escapeCharacter: EscapeCharacter,
): readonly SourceLine[] => {
  const result: SourceLine[] = []
  let at = first
  while (at < lines.length) {
    const start = (lines[at] ?? '').trimStart()
    if (start === '' || start.startsWith('#')) {
      at++
      continue
    }
    const line = readLogicalLine(lines, at, escapeCharacter)
    result.push(splitLine(line, rangeOf(lines, at, line.lastLine), escapeCharacter))
    at = line.lastLine + 1
  }
  return result
}

const rangeOf = (lines: readonly string[], first: number, last: number): Range => {
  const start = lines[first] ?? ''
  const end = lines[last] ?? ''
  return {
    start: { line: first + 1, column: start.length - start.trimStart().length },
    end: { line: last + 1, column: end.trimEnd().length },
  }
}

import type { Range } from '../../foundation/errors/index.ts'
import { asciiSpace, trim, trimEnd, trimStart } from './character.ts'
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
  /** White space after the text: only ONBUILD keeps it. */
  readonly trailing: string
  readonly heredocs: readonly Heredoc[]
  readonly unterminated?: string
  readonly range: Range
  readonly escapeCharacter: EscapeCharacter
  /** Comments above it up to the instruction before, without the last empty comment and what stands above that. */
  readonly comments?: readonly string[]
}

/** What the comments above an instruction say about names: `# NAME description`. The first one counts. */
export const descriptionsIn = ({ comments = [] }: SourceLine): ReadonlyMap<string, string> => {
  const descriptions = new Map<string, string>()
  for (const comment of comments) {
    const space = comment.indexOf(' ')
    const name = comment.slice(0, space)
    if (space > 0 && !descriptions.has(name)) descriptions.set(name, comment.slice(space + 1))
  }
  return descriptions
}

/** Takes a logical line apart. */
export const splitLine = (line: LogicalLine, range: Range, escapeCharacter: EscapeCharacter): SourceLine => {
  const space = line.text.search(asciiSpace)
  const writtenKeyword = space < 0 ? line.text : line.text.slice(0, space)
  const after = space < 0 ? '' : trim(line.text.slice(space))
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
    trailing: line.trailing,
    heredocs: line.heredocs,
    ...(line.unterminated ? { unterminated: line.unterminated.name } : {}),
    range,
    escapeCharacter,
  }
}

/** The instruction that ONBUILD holds. */
export const splitRest = (line: SourceLine): SourceLine =>
  splitLine(
    { text: line.rest, trailing: '', pieces: [], heredocs: line.heredocs, lastLine: 0, hasBlank: false },
    line.range,
    line.escapeCharacter,
  )

/** All instructions of a file. Blank lines between them do not count; comments are kept with what follows. */
export const readSourceLines = (
  lines: readonly string[],
  escapeCharacter: EscapeCharacter,
): readonly SourceLine[] => {
  const result: SourceLine[] = []
  let comments: string[] = []
  let at = 0
  while (at < lines.length) {
    const start = trimStart(lines[at] ?? '')
    if (start === '' || start.startsWith('#')) {
      // The first character goes, whatever it is: so docker never reads a description from an indented comment.
      const comment = trim((lines[at] ?? '').slice(1))
      if (start !== '' && comment === '') comments = []
      else if (start !== '') comments.push(comment)
      at++
      continue
    }
    const line = readLogicalLine(lines, at, escapeCharacter)
    const split = splitLine(line, rangeOf(lines, at, line.lastLine), escapeCharacter)
    result.push(comments.length === 0 ? split : { ...split, comments })
    comments = []
    at = line.lastLine + 1
  }
  return result
}

const rangeOf = (lines: readonly string[], first: number, last: number): Range => {
  const start = lines[first] ?? ''
  const end = lines[last] ?? ''
  return {
    start: { line: first + 1, column: start.length - trimStart(start).length },
    end: { line: last + 1, column: trimEnd(end).length },
  }
}

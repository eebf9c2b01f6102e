import type { Range } from '../../foundation/errors/index.ts'
import { type RawFlag, splitFlags } from './flags.ts'
import { limits } from './limits.ts'
import { type LogicalLine, readLogicalLine } from './logical-line.ts'
import type { SyntaxNode, SyntaxReader } from './syntax.ts'
import type { EscapeCharacter, Heredoc } from './types.ts'

/** An instruction taken apart as far as all kinds have in common. */
export interface SourceLine {
  /** Upper case. */
  readonly keyword: string
  /** As written. */
  readonly writtenKeyword: string
  readonly flags: readonly RawFlag[]
  /** What follows the flags, trimmed. */
  readonly rest: string
  /** Keyword in upper case and everything after it, on one line. */
  readonly text: string
  readonly heredocs: readonly Heredoc[]
  readonly unterminated?: string
  readonly range: Range
  readonly escapeCharacter: EscapeCharacter
  readonly locate: SyntaxNode['locate']
}

/** Takes a logical line apart. */
export const splitLine = (
  line: LogicalLine,
  range: Range,
  escapeCharacter: EscapeCharacter,
  locate: SyntaxNode['locate'],
): SourceLine => {
  const space = line.text.search(/[\t\v\f\r ]/)
  const writtenKeyword = space < 0 ? line.text : line.text.slice(0, space)
  const after = space < 0 ? '' : line.text.slice(space).trim()
  const keyword = writtenKeyword.toUpperCase()
  const { flags, rest } = splitFlags(after)
  return {
    keyword,
    writtenKeyword,
    flags,
    rest,
    text: after === '' ? keyword : `${keyword} ${after}`,
    heredocs: line.heredocs,
    ...(line.unterminated ? { unterminated: line.unterminated.name } : {}),
    range,
    escapeCharacter,
    locate,
  }
}

/**
 * All instructions of a file. dockerfile-ast says where they start; where they end is docker's rule, and when the two
 * disagree (dockerfile-ast takes `"a <<b"` for a here-document) it is asked again from there on.
 * Undefined when that happens too often.
 */
export const readSourceLines = (
  lines: readonly string[],
  first: number,
  escapeCharacter: EscapeCharacter,
  read: SyntaxReader,
): readonly SourceLine[] | undefined => {
  const result: SourceLine[] = []
  let next = first
  for (let restarts = 0; restarts <= limits.restarts; restarts++) {
    let reach = -1
    for (const node of read(lines, next, escapeCharacter)) {
      if (node.startLine >= next) {
        if (reach >= next) break
        const line = readLogicalLine(lines, node.startLine, escapeCharacter)
        if (line.text !== '')
          result.push(
            splitLine(line, rangeOf(lines, node.startLine, line.lastLine), escapeCharacter, node.locate),
          )
        next = line.lastLine + 1
      }
      reach = node.endLine
    }
    if (reach < next || next >= lines.length) return result
  }
  return undefined
}

const rangeOf = (lines: readonly string[], first: number, last: number): Range => {
  const start = lines[first] ?? ''
  const end = lines[last] ?? ''
  return {
    start: { line: first + 1, column: start.length - start.trimStart().length },
    end: { line: last + 1, column: end.trimEnd().length },
  }
}

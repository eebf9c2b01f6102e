import type { Range, TextEdit } from '../../foundation/errors/index.ts'
import type { FromWord } from './from-words.ts'
import type { Source } from './types.ts'

/** Replaces `found` at that place by `text`; undefined when the line does not hold `found` there. */
export const editOnLine = (
  { lines }: Source,
  line: number,
  column: number,
  found: string,
  text: string,
): TextEdit | undefined =>
  lines[line - 1]?.startsWith(found, column)
    ? {
        range: { start: { line, column }, end: { line, column: column + found.length } },
        text,
      }
    : undefined

/** Takes whole lines out, with their line ends. */
export const removeLines = (numbers: readonly number[]): readonly TextEdit[] =>
  numbers.map((line) => ({
    range: { start: { line, column: 0 }, end: { line: line + 1, column: 0 } },
    text: '',
  }))

/** The range of `word` at that place, or of the whole instruction when it is not known. */
export const wordRange = (range: Range, { word, column }: FromWord): Range =>
  column === undefined
    ? range
    : {
        start: { line: range.start.line, column },
        end: { line: range.start.line, column: column + word.length },
      }

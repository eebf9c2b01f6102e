import type { TextEdit } from '../../foundation/errors/index.ts'
import { asWordOf } from './from-words.ts'
import { editOnLine, wordRange } from './text-edits.ts'
import type { Report, Source, SourceInstruction } from './types.ts'

type Casing = 'lower' | 'upper'

const cased = (word: string, casing: Casing): string =>
  casing === 'lower' ? word.toLowerCase() : word.toUpperCase()

const casingOf = (word: string): Casing | undefined =>
  word === word.toLowerCase() ? 'lower' : word === word.toUpperCase() ? 'upper' : undefined

/** What most keywords of the stages are; mixed ones and global ARGs have no vote. Upper case when there are as many of each. */
const majorityOf = (source: Source): Casing => {
  let lead = 0
  for (const { from, instructions } of source.stages)
    for (const { keyword } of [from, ...instructions]) {
      const casing = casingOf(keyword)
      if (casing !== undefined) lead += casing === 'lower' ? 1 : -1
    }
  return lead > 0 ? 'lower' : 'upper'
}

/** ConsistentInstructionCasing and FromAsCasing: their fixes lead to the same file in any order. */
export const checkCasing = (source: Source, report: Report): void => {
  const majority = majorityOf(source)
  for (const { from, instructions } of source.stages) {
    checkAs(source, from, majority, report)
    for (const each of [from, ...instructions]) checkKeyword(source, each, majority, report)
  }
}

const checkKeyword = (source: Source, each: SourceInstruction, majority: Casing, report: Report): void => {
  const { keyword, instruction } = each
  const wanted = cased(keyword, majority)
  if (keyword === wanted) return
  const { start } = instruction.range
  const keywordEdit = editOnLine(source, start.line, start.column, keyword, wanted)
  const asEdit = instruction.kind === 'from' ? editOfAs(source, each, majority) : undefined
  report(
    'ConsistentInstructionCasing',
    instruction,
    `Command '${keyword}' should match the case of the command majority (${majority}case)`,
    {
      range: {
        start,
        end: { line: start.line, column: start.column + keyword.length },
      },
      fix: [keywordEdit, asEdit].filter((edit) => edit !== undefined),
    },
  )
}

/** A FROM of mixed case is reported for itself. */
const checkAs = (source: Source, from: SourceInstruction, majority: Casing, report: Report): void => {
  const as = asWordOf(from)
  const casing = casingOf(from.keyword)
  if (as === undefined || casing === undefined || as.word === cased(as.word, casing)) return
  const edit = editOfAs(source, from, majority)
  report(
    'FromAsCasing',
    from.instruction,
    `'${as.word}' and '${from.keyword}' keywords' casing do not match`,
    { range: wordRange(from.instruction.range, as), ...(edit && { fix: [edit] }) },
  )
}

/** AS in the case that FROM has in the end; undefined when it has it. */
const editOfAs = (source: Source, from: SourceInstruction, majority: Casing): TextEdit | undefined => {
  const as = asWordOf(from)
  if (as === undefined || as.column === undefined) return undefined
  const wanted = cased(as.word, majority)
  return as.word === wanted
    ? undefined
    : editOnLine(source, from.instruction.range.start.line, as.column, as.word, wanted)
}

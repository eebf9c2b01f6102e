import type { SourceInstruction } from './types.ts'

/** A word of a FROM as it is written. */
export interface FromWord {
  readonly word: string
  /** Where it stands on the first line of the instruction; undefined when the instruction has several lines. */
  readonly column?: number
}

const grammar = /^(.*\s)(as)(\s+)(\S+)\s*$/i

/** The word AS of `FROM image AS name`. */
export const asWordOf = (from: SourceInstruction): FromWord | undefined => wordsOf(from)?.as

/** The name after AS. */
export const stageNameOf = (from: SourceInstruction): FromWord | undefined => wordsOf(from)?.name

/** The text has the keyword in upper case and runs of white space as they are, so columns hold on a single line. */
const wordsOf = ({
  instruction,
}: SourceInstruction): { readonly as: FromWord; readonly name: FromWord } | undefined => {
  if (instruction.kind !== 'from' || instruction.stage === undefined) return undefined
  const match = grammar.exec(instruction.text)
  const [, before, as, space, name] = match ?? []
  if (before === undefined || as === undefined || space === undefined || name === undefined) return undefined
  const { start, end } = instruction.range
  if (start.line !== end.line) return { as: { word: as }, name: { word: name } }
  const nameEnd = end.column
  const nameAt = nameEnd - name.length
  return {
    as: { word: as, column: nameAt - space.length - as.length },
    name: { word: name, column: nameAt },
  }
}

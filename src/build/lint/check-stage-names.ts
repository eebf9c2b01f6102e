import { stageNameOf } from './from-words.ts'
import { editOnLine, wordRange } from './text-edits.ts'
import type { Report, Source } from './types.ts'

const reserved: readonly string[] = ['context', 'scratch']

/** StageNameCasing, ReservedStageName, DuplicateStageName. */
export const checkStageNames = (source: Source, report: Report): void => {
  const seen = new Set<string>()
  for (const { from } of source.stages) {
    const { instruction } = from
    if (instruction.kind !== 'from' || instruction.stage === undefined) continue
    const name = instruction.stage
    const written = stageNameOf(from)
    if (written && written.word !== name) {
      const edit =
        written.column === undefined
          ? undefined
          : editOnLine(source, instruction.range.start.line, written.column, written.word, name)
      report('StageNameCasing', instruction, `Stage name '${written.word}' should be lowercase`, {
        range: wordRange(instruction.range, written),
        ...(edit && { fix: [edit] }),
      })
    }
    if (reserved.includes(name))
      report(
        'ReservedStageName',
        instruction,
        `Stage name should not use the same name as reserved stage "${name}"`,
      )
    if (seen.has(name))
      report(
        'DuplicateStageName',
        instruction,
        `Duplicate stage name "${name}", stage names should be unique`,
        { hint: 'the name means the last stage above that has it' },
      )
    seen.add(name)
  }
}

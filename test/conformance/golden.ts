import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fixtures } from './read-sequences.ts'
import type { Answer, Sequence } from './types.ts'

/** Docker's answers to the sequences of one area, by name. `recorded` says which docker it was. */
export interface Golden {
  readonly recorded: string
  readonly answers: Readonly<Record<string, readonly Answer[]>>
}

const pathOf = (area: string): string => join(fixtures, `${area}.json`)

/** The recorded answers of an area; none when nothing was recorded yet. */
export const readGolden = (area: string): Golden =>
  existsSync(pathOf(area))
    ? (JSON.parse(readFileSync(pathOf(area), 'utf8')) as Golden)
    : { recorded: '', answers: {} }

/** One line for each step, so that changes can be reviewed. */
export const writeGolden = (area: string, golden: Golden): void => {
  const sequences = Object.entries(golden.answers).map(([name, answers]) => {
    const lines = answers.map((answer) => `      ${JSON.stringify(answer)}`)
    return `    ${JSON.stringify(name)}: [\n${lines.join(',\n')}\n    ]`
  })
  const recorded = `  "recorded": ${JSON.stringify(golden.recorded)},\n`
  writeFileSync(pathOf(area), `{\n${recorded}  "answers": {\n${sequences.join(',\n')}\n  }\n}\n`)
}

/** Docker's answers to a sequence, if they were recorded for the steps that it has now. */
export const recordedAnswers = (golden: Golden, sequence: Sequence): readonly Answer[] | undefined => {
  const answers = golden.answers[sequence.name]
  const same =
    answers?.length === sequence.steps.length && answers.every(({ step }, at) => step === sequence.steps[at])
  return same ? answers : undefined
}

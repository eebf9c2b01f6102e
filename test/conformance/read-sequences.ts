import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sequence } from './types.ts'

/** Where the sequences and docker's answers lie. */
export const fixtures = join(import.meta.dirname, '../../fixtures/conformance')

const extension = '.txt'

/** Sequences of one file: `= NAME` starts one, every other line is a step; blank lines and `#` lines are for people. */
export const parseSequences = (area: string, text: string): readonly Sequence[] => {
  const found: { readonly area: string; readonly name: string; readonly steps: string[] }[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const current = found.at(-1)
    if (line.startsWith('= ')) found.push({ area, name: line.slice(2).trim(), steps: [] })
    else if (current) current.steps.push(line)
    else throw new Error(`${area}: a step before the first name: ${line}`)
  }
  const names = found.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice) throw new Error(`${area}: two sequences have the name ${twice}`)
  return found
}

/** All sequences, by area. */
export const readSequences = (directory = fixtures): readonly Sequence[] =>
  readdirSync(directory)
    .filter((file) => file.endsWith(extension))
    .sort()
    .flatMap((file) =>
      parseSequences(file.slice(0, -extension.length), readFileSync(join(directory, file), 'utf8')),
    )

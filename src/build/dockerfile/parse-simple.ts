import { trim } from './character.ts'
import { checkFlags } from './check-flags.ts'
import { parseJsonForm } from './json-form.ts'
import type { Report } from './report.ts'
import type { SourceLine } from './source-line.ts'
import type { WordInstruction, WordsInstruction } from './types.ts'
import { splitPlain } from './words.ts'

const expected: Readonly<Record<WordInstruction['kind'], string>> = {
  user: 'USER NAME[:GROUP]',
  workdir: 'WORKDIR PATH',
  stopsignal: 'STOPSIGNAL SIGNAL',
  maintainer: 'MAINTAINER NAME',
}

/** Instructions whose one argument is the rest of the line, spaces included. */
export const parseWord =
  (kind: WordInstruction['kind']) =>
  (line: SourceLine, report: Report): WordInstruction | undefined => {
    // Docker drops the flags of STOPSIGNAL unseen.
    if (kind !== 'stopsignal') checkFlags(line, report)
    if (line.rest === '')
      return report({
        code: 'missing-argument',
        message: `expected ${expected[kind]}, found nothing after ${line.keyword}`,
      })
    return { kind, range: line.range, text: line.text, word: line.rest }
  }

/** `EXPOSE PORT[-PORT][/PROTOCOL] ...`; ports are checked when variables are in. */
export const parseExpose = (line: SourceLine, report: Report): WordsInstruction | undefined => {
  checkFlags(line, report)
  const words = splitPlain(line.rest)
  if (words.length === 0)
    return report({
      code: 'missing-argument',
      message: 'expected EXPOSE PORT[/PROTOCOL], found nothing after EXPOSE',
    })
  return { kind: 'expose', range: line.range, text: line.text, words }
}

/** VOLUME: plain words or a JSON list. */
export const parseVolume = (line: SourceLine, report: Report): WordsInstruction | undefined => {
  checkFlags(line, report)
  const list = parseJsonForm(line.rest)
  if (list === 'bad')
    return report({
      code: 'json-not-strings',
      message: `expected only strings in the JSON form of VOLUME, found ${line.rest}`,
    })
  const words = (list === 'not-json' ? splitPlain(line.rest) : list).map(trim)
  if (words.length === 0)
    return report({ code: 'missing-argument', message: 'expected VOLUME PATH, found no path' })
  if (words.includes(''))
    return report({
      code: 'empty-volume',
      message: `expected paths after VOLUME, found an empty one in ${line.rest}`,
    })
  return { kind: 'volume', range: line.range, text: line.text, words }
}

import { asciiSpace, trim } from './character.ts'
import { checkFlags } from './check-flags.ts'
import { parseJsonForm } from './json-form.ts'
import type { Report } from './report.ts'
import type { SourceLine } from './source-line.ts'
import type { OnbuildInstruction, WordInstruction, WordsInstruction } from './types.ts'
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
    checkFlags(line, report)
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
  const words = list === 'not-json' ? splitPlain(line.rest) : list
  if (words.length === 0)
    return report({ code: 'missing-argument', message: 'expected VOLUME PATH, found no path' })
  if (words.some((word) => trim(word) === ''))
    return report({
      code: 'empty-volume',
      message: `expected paths after VOLUME, found an empty one in ${line.rest}`,
    })
  return { kind: 'volume', range: line.range, text: line.text, words }
}

/** The trigger of `ONBUILD INSTRUCTION`, which is kept as text. The instruction itself is checked by the caller. */
export const parseOnbuild = (line: SourceLine, report: Report): OnbuildInstruction | undefined => {
  const trigger = line.text.replace(/^ONBUILD[\t\n\f\r ]*/, '')
  if (trigger === '')
    return report({
      code: 'missing-argument',
      message: 'expected an instruction after ONBUILD, found nothing',
    })
  const keyword = trigger.split(asciiSpace, 1)[0]?.toUpperCase() ?? ''
  if (['ONBUILD', 'FROM', 'MAINTAINER'].includes(keyword))
    return report({
      code: 'bad-onbuild',
      message: `expected an instruction that ONBUILD can run later, found ${keyword}`,
      hint: 'ONBUILD cannot hold ONBUILD, FROM or MAINTAINER',
      part: { argument: 0 },
    })
  const bodies = line.heredocs.map((heredoc) => `\n${heredoc.text}${heredoc.name}`).join('')
  return { kind: 'onbuild', range: line.range, text: line.text, trigger: trigger + line.trailing + bodies }
}

import { asciiSpace, trim } from './character.ts'
import { checkFlags } from './check-flags.ts'
import type { Report } from './report.ts'
import { descriptionsIn, type SourceLine } from './source-line.ts'
import type { ArgInstruction, EnvInstruction, LabelInstruction, NameValue } from './types.ts'
import { splitQuoted } from './words.ts'

/** ENV and LABEL: `NAME=VALUE ...`, or the old `NAME the rest of the line`. */
export const parsePairs =
  (kind: 'env' | 'label') =>
  (line: SourceLine, report: Report): EnvInstruction | LabelInstruction | undefined => {
    checkFlags(line, report)
    const pairs = readPairs(line, report)
    return pairs && { kind, range: line.range, text: line.text, pairs }
  }

const readPairs = (line: SourceLine, report: Report): readonly NameValue[] | undefined => {
  const words = splitQuoted(line.rest, line.escapeCharacter)
  const [first] = words
  if (first === undefined)
    return report({
      code: 'missing-argument',
      message: `expected ${line.keyword} NAME=VALUE, found nothing after ${line.keyword}`,
    })
  if (!first.includes('=')) return readOldPair(line, report)
  const pairs: NameValue[] = []
  words.forEach((word, argument) => {
    const equals = word.indexOf('=')
    if (equals > 0) pairs.push({ name: word.slice(0, equals), value: word.slice(equals + 1) })
    else if (equals === 0)
      report({
        code: 'blank-name',
        message: `expected a name before "=", found ${JSON.stringify(word)}`,
        part: { argument },
      })
    else
      report({
        code: 'missing-equals',
        message: `expected NAME=VALUE, found ${JSON.stringify(word)}`,
        hint: 'put quotes around a value that has spaces',
        part: { argument },
      })
  })
  return pairs.length === words.length ? pairs : undefined
}

/** `ENV NAME rest of the line`, kept by docker for old files. */
const readOldPair = (line: SourceLine, report: Report): readonly NameValue[] | undefined => {
  const space = line.rest.search(asciiSpace)
  if (space < 0)
    return report({
      code: 'missing-value',
      message: `expected ${line.keyword} NAME=VALUE, found ${JSON.stringify(line.rest)} without a value`,
      hint: `write ${line.rest}= for an empty value`,
    })
  return [{ name: line.rest.slice(0, space), value: trim(line.rest.slice(space)) }]
}

/** `ARG NAME[=DEFAULT] ...`; docker drops its flags unseen. */
export const parseArg = (line: SourceLine, report: Report): ArgInstruction | undefined => {
  const words = splitQuoted(line.rest, line.escapeCharacter)
  if (words.length === 0)
    return report({
      code: 'missing-argument',
      message: 'expected ARG NAME or ARG NAME=DEFAULT, found nothing after ARG',
    })
  const descriptions = descriptionsIn(line)
  const args = words.map((word, argument) => {
    const equals = word.indexOf('=')
    const name = equals < 0 ? word : word.slice(0, equals)
    if (name === '')
      report({
        code: 'blank-name',
        message: `expected a name before "=", found ${JSON.stringify(word)}`,
        part: { argument },
      })
    const description = descriptions.get(name)
    return {
      name,
      ...(equals < 0 ? {} : { value: word.slice(equals + 1) }),
      ...(description === undefined ? {} : { description }),
    }
  })
  return args.some((arg) => arg.name === '')
    ? undefined
    : { kind: 'arg', range: line.range, text: line.text, args }
}

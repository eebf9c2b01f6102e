import { asciiSpace, trim } from './character.ts'
import { checkFlags } from './check-flags.ts'
import { parseDuration } from './duration.ts'
import { parseCommandLine, parseJsonForm } from './json-form.ts'
import type { Report } from './report.ts'
import type { SourceLine } from './source-line.ts'
import type { HealthcheckInstruction } from './types.ts'

const millisecond = 1e6
const durationFlags = {
  interval: 'interval',
  timeout: 'timeout',
  'start-period': 'startPeriod',
  'start-interval': 'startInterval',
} as const

/** `HEALTHCHECK [flags] CMD COMMAND` or `HEALTHCHECK NONE` */
export const parseHealthcheck = (line: SourceLine, report: Report): HealthcheckInstruction | undefined => {
  const space = line.rest.search(asciiSpace)
  const type = space < 0 ? line.rest : line.rest.slice(0, space)
  const rest = space < 0 ? '' : trim(line.rest.slice(space))
  // Docker does not look at the flags of NONE.
  const options = type.toUpperCase() === 'NONE' ? {} : readOptions(line, report)
  const base = { kind: 'healthcheck', range: line.range, text: line.text } as const
  switch (type.toUpperCase()) {
    case 'NONE':
      return checkNone(line, rest, report) ? base : undefined
    case 'CMD': {
      const command = parseCommandLine(rest)
      if (command === 'bad')
        return report({
          code: 'json-not-strings',
          message: `expected only strings in the JSON form of HEALTHCHECK CMD, found ${rest}`,
          hint: 'put every word in double quotes',
        })
      if (rest === '' || (command.form === 'exec' && command.args.length === 0))
        return report({
          code: 'missing-argument',
          message: 'expected a command after HEALTHCHECK CMD, found nothing',
        })
      return { ...base, command, ...options }
    }
    case '':
      return report({
        code: 'missing-argument',
        message: 'expected HEALTHCHECK CMD COMMAND or HEALTHCHECK NONE, found no word',
      })
    default:
      return report({
        code: 'bad-healthcheck',
        message: `expected CMD or NONE after HEALTHCHECK, found ${JSON.stringify(type)}`,
        part: { argument: 0 },
      })
  }
}

/** Nothing may follow NONE; an empty list is nothing. */
const checkNone = (line: SourceLine, rest: string, report: Report): boolean => {
  const list = parseJsonForm(rest)
  if (rest === '' || (Array.isArray(list) && list.length === 0)) return true
  report({
    code: list === 'bad' ? 'json-not-strings' : 'bad-healthcheck',
    message: `expected nothing besides HEALTHCHECK NONE, found ${JSON.stringify(line.text)}`,
  })
  return false
}

type Options = Pick<
  HealthcheckInstruction,
  'interval' | 'timeout' | 'startPeriod' | 'startInterval' | 'retries'
>

const readOptions = (line: SourceLine, report: Report): Options => {
  const flags = checkFlags(line, report)
  const durations = Object.entries(durationFlags).flatMap(([flag, name]) => {
    const value = readDuration(flag, flags.text(flag), report)
    return value === undefined ? [] : [[name, value] as const]
  })
  const retries = readRetries(flags.text('retries'), report)
  return { ...Object.fromEntries(durations), ...(retries === undefined ? {} : { retries }) }
}

const readDuration = (flag: string, text: string | undefined, report: Report): number | undefined => {
  if (text === undefined || text === '') return undefined
  const value = parseDuration(text)
  if (value !== undefined && (value === 0 || value >= millisecond)) return value
  return report({
    code: 'bad-duration',
    message: `expected --${flag} to be a duration of at least 1ms, found ${JSON.stringify(text)}`,
    hint: 'for example 30s, 1m30s or 500ms; 0s means the default',
    part: { flag },
  })
}

const readRetries = (text: string | undefined, report: Report): number | undefined => {
  if (text === undefined || text === '') return undefined
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  // -0 is 0.
  if (value >= 0 && value < 2 ** 31) return Math.abs(value)
  return report({
    code: 'bad-retries',
    message: `expected --retries to be a whole number, 0 or more, found ${JSON.stringify(text)}`,
    part: { flag: 'retries' },
  })
}

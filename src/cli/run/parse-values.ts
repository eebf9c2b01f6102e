import { booleanOf, bytesOf, extraHostOf, ulimitNames, ulimitOf } from '../value-forms.ts'
import { usage } from './parse-verb.ts'

/** `512m`, `1.5g`, `64KiB`, `100` -> bytes; units are powers of 1024, as docker's. Throws `usage`. */
export const parseBytes = (flag: string, text: string): number => {
  const bytes = bytesOf(text)
  if (bytes !== undefined) return bytes
  throw usage('run', `${flag} ${JSON.stringify(text)}: expected a size such as 512m or 2g`)
}

/** Seconds that a stop waits: negative ones are for ever, as docker has them. Throws `usage`. */
export const parseWait = (verb: string, text: string, flag = '--time'): number => {
  const value = Number(text)
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(value)) return value
  throw usage(
    verb,
    `${flag} ${JSON.stringify(text)}: expected a whole number of seconds`,
    '-1 waits for ever',
  )
}

/** A whole number in a range. Throws `usage`. */
export const parseWhole = (
  flag: string,
  text: string,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number => {
  const value = Number(text)
  if (/^-?\d+$/.test(text) && value >= min && value <= max) return value
  throw usage('run', `${flag} ${JSON.stringify(text)}: expected a whole number from ${min}`)
}

/** --cpus: `1.5`. Throws `usage`. */
export const parseCpus = (text: string): number => {
  const value = Number(text)
  if (/^\d*\.?\d+$/.test(text) && value >= 0.01) return value
  throw usage('run', `--cpus ${JSON.stringify(text)}: expected a number of CPUs such as 1.5, at least 0.01`)
}

/** --ulimit `nofile=1024:2048`, `core=0`, `nproc=-1`. Throws `usage`. */
export const parseUlimit = (
  text: string,
): { readonly type: string; readonly soft: number; readonly hard: number } => {
  const limit = ulimitOf(text)
  if (limit) return { type: `RLIMIT_${limit.name.toUpperCase()}`, soft: limit.soft, hard: limit.hard }
  throw usage(
    'run',
    `--ulimit ${JSON.stringify(text)}: expected NAME=SOFT[:HARD]`,
    `names are ${[...ulimitNames].join(', ')}`,
  )
}

/** --add-host `NAME:ADDRESS` or `NAME=ADDRESS`. Throws `usage`. */
export const parseExtraHost = (text: string): { readonly name: string; readonly address: string } => {
  const host = extraHostOf(text)
  if (host) return host
  throw usage('run', `--add-host ${JSON.stringify(text)}: expected NAME:ADDRESS`)
}

/** `KEY=VALUE` and `KEY` as labels. */
export const parseLabels = (words: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf('=')
      return equals < 0 ? [word, ''] : [word.slice(0, equals), word.slice(equals + 1)]
    }),
  )

/** `NAME=VALUE`, both said. Throws `usage`. */
export const pairs = (flag: string, words: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf('=')
      if (equals > 0) return [word.slice(0, equals), word.slice(equals + 1)]
      throw usage('run', `${flag} ${JSON.stringify(word)}: expected NAME=VALUE`)
    }),
  )

/** A switch with a value, true when it is absent. Throws `usage`. */
export const parseSwitch = (verb: string, flag: string, text: string | undefined): boolean => {
  const value = text === undefined ? true : booleanOf(text)
  if (value !== undefined) return value
  throw usage(verb, `${flag} ${JSON.stringify(text)}: expected true or false`)
}

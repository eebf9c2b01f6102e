import { suggest } from '../../foundation/errors/index.ts'
import { splitFields } from '../csv-line.ts'
import { usage } from '../images/parse-verb.ts'

/** `key=value,key=value`; keys in lower case. Throws `usage` for a field without `=`; the message repeats nothing but `option`. */
export const keyValues = (option: string, text: string): ReadonlyMap<string, string> =>
  new Map(
    splitFields(text).map((field) => {
      const equals = field.indexOf('=')
      if (equals < 0) {
        throw usage('build', `${option}: expected KEY=VALUE, found a word without =`)
      }
      return [field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1)]
    }),
  )

/** Throws `usage` for a key that is not known, with the one that was perhaps meant. */
export const checkKeys = (option: string, keys: Iterable<string>, known: readonly string[]): void => {
  for (const key of keys) {
    if (known.includes(key)) continue
    const near = suggest(key, known)
    throw usage(
      'build',
      `${option}: unknown key ${JSON.stringify(key)}`,
      near ? `did you mean ${near}?` : `known keys: ${known.join(', ')}`,
    )
  }
}

/** An option as it was given, for messages. */
export const shown = (flag: string, text: string): string => `${flag} ${JSON.stringify(text)}`

/** `NAME=VALUE` words; a later one replaces an earlier one. A word without `=` has the value that `missing` gives, or is left out. */
export const pairs = (
  flag: string,
  words: readonly string[],
  missing: (name: string) => string | undefined,
): Readonly<Record<string, string>> => {
  const found: Record<string, string> = {}
  for (const word of words) {
    const equals = word.indexOf('=')
    const name = equals < 0 ? word : word.slice(0, equals)
    if (name === '') throw usage('build', `${flag} ${JSON.stringify(word)}: expected NAME=VALUE`)
    const value = equals < 0 ? missing(name) : word.slice(equals + 1)
    if (value !== undefined) found[name] = value
  }
  return found
}

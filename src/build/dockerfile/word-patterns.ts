import { badEscapeIn, replacePattern, trimPrefix, trimSuffix } from './glob-trim.ts'
import { grown, WordError } from './word-error.ts'

/** `# ## % %%`: `word` begins with the operator once more when the longest match is meant. Throws `WordError`. */
export const trim = (operator: '#' | '%', word: string, value: string): string => {
  const greedy = word.startsWith(operator)
  const pattern = checked(greedy ? word.slice(1) : word)
  return bounded(operator === '#' ? trimPrefix(value, pattern, greedy) : trimSuffix(value, pattern, greedy))
}

/** `/ //`. Throws `WordError`. */
export const replaceIn = (value: string, pattern: string, by: string, all: boolean): string =>
  bounded(replacePattern(value, checked(pattern), by, all))

const checked = (pattern: string): string => {
  const bad = badEscapeIn(pattern)
  if (bad !== undefined) throw new WordError(`the pattern cannot escape ${JSON.stringify(bad)}`)
  return pattern
}

const bounded = (result: string | undefined): string => {
  if (result === undefined) throw new WordError('the pattern takes too long to match')
  return grown(result)
}

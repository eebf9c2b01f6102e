import { limits } from './limits.ts'
import { choose, isMissing, operatorOf } from './operators.ts'
import type { EscapeCharacter } from './types.ts'
import { grown, WordError } from './word-error.ts'
import {
  addCharacter,
  addExpanded,
  addRaw,
  finish,
  splitSpaces,
  type WordList,
  wordList,
} from './word-list.ts'
import { replaceIn, trim } from './word-patterns.ts'

export interface ExpandOptions {
  readonly escape: EscapeCharacter
  /** Value of a variable, or undefined when it is not set. */
  readonly lookup: (name: string) => string | undefined
  /** Leave quotes in the result. */
  readonly keepQuotes?: boolean
  /** Leave escape characters in the result. */
  readonly keepEscapes?: boolean
  /** Leave variables that are not set as they are. */
  readonly keepUnset?: boolean
  /** Quotes are ordinary characters (here-documents). */
  readonly ignoreQuotes?: boolean
}

export type Expansion =
  | {
      readonly ok: true
      readonly text: string
      /** The text split at white space that was not quoted, also white space that came out of a variable. */
      readonly words: readonly string[]
      /** Names that were used and not set. */
      readonly unset: readonly string[]
    }
  | { readonly ok: false; readonly message: string }

/**
 * Removes quotes and escapes and puts variables in, by docker's rules: `$v`, `${v}`, `${v:-w}`, `${v-w}`, `:+ +`, `:? ?`,
 * `# ## % %%`, `/ //`. Nothing in here runs a command or splits a quoted value.
 */
export const expand = (text: string, options: ExpandOptions): Expansion => {
  if (isPlain(text, options)) return { ok: true, text, words: splitSpaces(text), unset: [] }
  const cursor: Cursor = { text, at: 0, depth: 0, options, unset: new Set() }
  try {
    const { value, words } = readUntil(cursor, undefined, options.keepEscapes ?? false)
    return { ok: true, text: value, words, unset: [...cursor.unset] }
  } catch (error) {
    if (error instanceof WordError) return { ok: false, message: error.message }
    throw error
  }
}

/** Most words: nothing in them to expand, remove or protect. */
const isPlain = (text: string, options: ExpandOptions): boolean =>
  !/['"$]|<</.test(text) && !text.includes(options.escape) && text.length <= limits.wordLength

interface Cursor {
  readonly text: string
  at: number
  /** How many `${` are open. */
  depth: number
  readonly options: ExpandOptions
  readonly unset: Set<string>
}

const readUntil = (
  cursor: Cursor,
  stop: string | undefined,
  keepEscapes: boolean,
): { readonly value: string; readonly words: readonly string[] } => {
  const words = wordList()
  const quotes = cursor.options.ignoreQuotes ? '' : `'"`
  let value = ''
  while (cursor.at < cursor.text.length) {
    const ch = cursor.text.charAt(cursor.at)
    if (ch === stop) {
      cursor.at++
      return { value, words: finish(words) }
    }
    if (ch === '$') {
      const text = readVariable(cursor)
      value = grown(value + text)
      addExpanded(words, text)
    } else if (quotes.includes(ch)) {
      const text = ch === '"' ? readDoubleQuoted(cursor) : readSingleQuoted(cursor)
      value = grown(value + text)
      addRaw(words, text)
    } else if (ch === '<' && cursor.text.charAt(cursor.at + 1) === '<') {
      const text = readHeredocSign(cursor)
      value += text
      addRaw(words, text)
    } else {
      value += readPlain(cursor, words, keepEscapes)
    }
  }
  if (stop !== undefined) throw new WordError(`${JSON.stringify(stop)} is missing at the end`)
  return { value, words: finish(words) }
}

/** `<<` and the blanks after it belong to the word that follows: the name of a here-document. */
const readHeredocSign = (cursor: Cursor): string => {
  const start = cursor.at
  cursor.at += 2
  while (/^[\t-\r ]$/.test(cursor.text.charAt(cursor.at))) cursor.at++
  return cursor.text.slice(start, cursor.at)
}

const readPlain = (cursor: Cursor, words: WordList, keepEscapes: boolean): string => {
  const ch = cursor.text.charAt(cursor.at++)
  if (ch !== cursor.options.escape) {
    addCharacter(words, ch)
    return ch
  }
  const kept = keepEscapes ? ch : ''
  const next = cursor.text.charAt(cursor.at++)
  if (kept + next !== '') addRaw(words, kept + next)
  return kept + next
}

const readSingleQuoted = (cursor: Cursor): string => {
  const end = cursor.text.indexOf("'", cursor.at + 1)
  if (end < 0) throw new WordError("a single quote (') is not closed")
  const start = cursor.options.keepQuotes ? cursor.at : cursor.at + 1
  cursor.at = end + 1
  return cursor.text.slice(start, cursor.options.keepQuotes ? end + 1 : end)
}

const readDoubleQuoted = (cursor: Cursor): string => {
  const { text, options } = cursor
  const quote = options.keepQuotes ? '"' : ''
  let value = quote
  cursor.at++
  while (cursor.at < text.length) {
    const ch = text.charAt(cursor.at)
    if (ch === '"') {
      cursor.at++
      return value + quote
    }
    if (ch === '$') {
      value = grown(value + readVariable(cursor))
      continue
    }
    cursor.at++
    if (ch !== options.escape) {
      value += ch
      continue
    }
    const next = text.charAt(cursor.at)
    // Inside double quotes only these three can be escaped; before others the escape character is kept.
    const escapes = next === '"' || next === '$' || next === options.escape
    if (options.keepEscapes || !(escapes || next === '')) value += ch
    if (escapes) {
      value += next
      cursor.at++
    }
  }
  throw new WordError('a double quote (") is not closed')
}

/** `$12` is one name, `$1x` is `$1` and an x; then the one-character parameters of a shell; then names in any script. */
const nameGrammar = /\p{Nd}+|[@*#?\-$!]|[\p{L}\p{Nd}_]+/uy

const readName = (cursor: Cursor): string => {
  nameGrammar.lastIndex = cursor.at
  const name = nameGrammar.exec(cursor.text)?.[0] ?? ''
  cursor.at += name.length
  return name
}

const readVariable = (cursor: Cursor): string => {
  const start = cursor.at++
  if (cursor.text.charAt(cursor.at) === '{') {
    if (++cursor.depth > limits.nesting)
      throw new WordError(`more than ${limits.nesting} variables are nested in each other`)
    const value = readBraced(cursor, start)
    cursor.depth--
    return value
  }
  const name = readName(cursor)
  if (name === '') return '$'
  const value = lookup(cursor, name)
  return value ?? (cursor.options.keepUnset ? `$${name}` : '')
}

const lookup = (cursor: Cursor, name: string): string | undefined => {
  const value = cursor.options.lookup(name)
  if (value === undefined) cursor.unset.add(name)
  return value
}

const readBraced = (cursor: Cursor, start: number): string => {
  cursor.at++
  const { text, options } = cursor
  const first = text.charAt(cursor.at)
  if (first === '') throw new WordError(`"}" is missing after "${'${'}"`)
  if (first === '{' || first === '}' || first === ':')
    throw new WordError(`a variable name is missing after "${'${'}"`)
  const name = readName(cursor)
  const operator = text.charAt(cursor.at++)
  if (operator === '}') return lookup(cursor, name) ?? (options.keepUnset ? text.slice(start, cursor.at) : '')
  if (operator === '') throw new WordError(`"}" is missing after "${'${'}${name}"`)
  const value = options.lookup(name)
  const result = operator === '/' ? substitute(cursor, value) : modify(cursor, name, operator, value)
  if (value === undefined) {
    if (operator === '/' || operator === '#' || operator === '%') cursor.unset.add(name)
    if (options.keepUnset) return text.slice(start, cursor.at)
  }
  return result
}

const substitute = (cursor: Cursor, value = ''): string => {
  const all = cursor.text.charAt(cursor.at) === '/'
  if (all) cursor.at++
  const pattern = readUntil(cursor, '/', true).value
  // Docker keeps escape characters in the replacement, too.
  const by = readUntil(cursor, '}', true).value
  return replaceIn(value, pattern, by, all)
}

const modify = (cursor: Cursor, name: string, first: string, value: string | undefined): string => {
  const written = first === ':' ? first + cursor.text.charAt(cursor.at++) : first
  const operator = operatorOf(written)
  if (!operator)
    throw new WordError(
      `"${written}" is not an operator in "${'${'}${name}": expected :- - :+ + :? ? # ## % %% / or //`,
    )
  const isTrim = operator === '#' || operator === '%'
  const word = readUntil(cursor, '}', isTrim).value
  if (isTrim) return trim(operator, word, value ?? '')
  if (operator.endsWith('?') && isMissing(operator, value) && !cursor.options.keepUnset)
    throw new WordError(`${name}: ${word || (value === undefined ? 'must be set' : 'must not be empty')}`)
  return choose(operator, word, value)
}

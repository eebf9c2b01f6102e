/** Text as Go prints it, because history entries are compared with docker's. */

const escapes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}

const isPrintable = (ch: string): boolean =>
  (ch >= ' ' && ch <= '~') || (ch > '\u007f' && /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(ch))

const quoteCharacter = (ch: string, quote: string): string => {
  const escaped = escapes[ch]
  if (escaped !== undefined) return escaped
  if (ch === quote) return `\\${quote}`
  if (isPrintable(ch)) return ch
  const code = ch.codePointAt(0) ?? 0
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  return code < 0x10000
    ? `\\u${code.toString(16).padStart(4, '0')}`
    : `\\U${code.toString(16).padStart(8, '0')}`
}

/** `%q` of a string. */
export const goQuote = (text: string): string =>
  `"${Array.from(text, (ch) => quoteCharacter(ch, '"')).join('')}"`

/** `%q` of a list of strings. */
export const goQuoteList = (list: readonly string[]): string => `[${list.map(goQuote).join(' ')}]`

/** `%q` of a number: the character with that code. */
export const goQuoteNumber = (code: number): string => {
  const valid = code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
  return `'${quoteCharacter(valid ? String.fromCodePoint(code) : '\uFFFD', "'")}'`
}

/** `%v` of a list of strings. */
export const goList = (list: readonly string[]): string => `[${list.join(' ')}]`

/** A duration in nanoseconds: `1m30s`, `1.5s`, `2h0m0s`, `5ms`, `0s`. */
export const goDuration = (nanoseconds: number): string => {
  if (nanoseconds === 0) return '0s'
  if (nanoseconds < 1e3) return `${nanoseconds}ns`
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}\u00b5s`
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`
  const hours = Math.floor(nanoseconds / 3600e9)
  const minutes = Math.floor((nanoseconds % 3600e9) / 60e9)
  const seconds = (nanoseconds % 60e9) / 1e9
  const small = minutes > 0 || hours > 0 ? `${minutes}m${seconds}s` : `${seconds}s`
  return hours > 0 ? `${hours}h${small}` : small
}

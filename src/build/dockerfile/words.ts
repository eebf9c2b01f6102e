import { isSpace } from './character.ts'
import type { EscapeCharacter } from './types.ts'

/** Words between white space; quotes have no meaning (EXPOSE, FROM, COPY). */
export const splitPlain = (text: string): readonly string[] =>
  text.split(/[\t\v\f\r ]+/).filter((word) => word !== '')

/** Words between white space that is neither quoted nor escaped; quotes and escapes stay in place (ENV, LABEL, ARG). */
export const splitQuoted = (text: string, escapeCharacter: EscapeCharacter): readonly string[] => {
  const words: string[] = []
  let word = ''
  let at = 0
  while (at < text.length) {
    const ch = text.charAt(at)
    if (isSpace(ch)) {
      if (word !== '') words.push(word)
      word = ''
      at++
      continue
    }
    const end =
      ch === '"' || ch === "'" ? quotedEnd(text, at, escapeCharacter) : plainEnd(text, at, escapeCharacter)
    word += text.slice(at, end)
    at = end
  }
  if (word !== '') words.push(word)
  return words
}

const plainEnd = (text: string, at: number, escapeCharacter: EscapeCharacter): number =>
  Math.min(at + (text.charAt(at) === escapeCharacter ? 2 : 1), text.length)

/** Just after the closing quote, or the end of the text. Nothing can be escaped between single quotes. */
const quotedEnd = (text: string, start: number, escapeCharacter: EscapeCharacter): number => {
  const quote = text.charAt(start)
  for (let at = start + 1; at < text.length; at++) {
    const ch = text.charAt(at)
    if (ch === quote) return at + 1
    if (ch === escapeCharacter && quote !== "'") at++
  }
  return text.length
}

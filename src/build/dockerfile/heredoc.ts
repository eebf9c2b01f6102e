import { expand } from './expand.ts'
import type { Heredoc } from './types.ts'

/** The `<<NAME` of a here-document, without its body. */
export type HeredocMark = Omit<Heredoc, 'text'>

const grammar = /^(\d*)<<(-?)([^<]*)$/
const nothing = { escape: '\\', lookup: () => undefined, keepUnset: true } as const

/** Reads `<<NAME`, `<<-NAME`, `<<"NAME"`, `3<<NAME`, `<< NAME`; undefined for any other word. */
export const parseHeredocMark = (word: string): HeredocMark | undefined => {
  const match = grammar.exec(word)
  const rest = match?.[3]?.replace(/^[\t\n\f\r ]+/, '')
  if (!match || !rest) return undefined
  const quoted = expand(rest, { ...nothing, keepQuotes: true })
  const plain = expand(rest, nothing)
  if (!quoted.ok || !plain.ok || quoted.words.length !== 1 || plain.words.length !== 1) return undefined
  const name = plain.words[0] ?? ''
  const isQuoted = quotesIn(name) !== quotesIn(quoted.words[0] ?? '')
  return { name, expand: !isQuoted, chomp: match[2] === '-', descriptor: match[1] ?? '' }
}

const quotesIn = (text: string): number => text.replace(/[^'"]/g, '').length

/** Here-documents that a logical line opens, in order. A line whose quotes do not close opens none, as in docker. */
export const heredocMarksOf = (line: string): readonly HeredocMark[] => {
  if (!line.includes('<<')) return []
  const split = expand(line, { ...nothing, keepQuotes: true, keepEscapes: true })
  if (!split.ok) return []
  return split.words.flatMap((word) => parseHeredocMark(word) ?? [])
}

/** Text of a `<<-` here-document: leading tabs of every line dropped. */
export const chompHeredoc = (heredoc: Heredoc): string =>
  heredoc.chomp ? heredoc.text.replace(/^\t+/gm, '') : heredoc.text

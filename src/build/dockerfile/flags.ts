import { isSpace, trim } from './character.ts'

export interface RawFlag {
  readonly name: string
  /** Undefined when there is no `=`. */
  readonly value: string | undefined
  /** Where it starts and ends in the text it was taken from. */
  readonly start: number
  readonly end: number
}

export interface FlagsAndRest {
  readonly flags: readonly RawFlag[]
  readonly rest: string
}

/** Takes the leading `--name[=value]` words off an instruction. Quotes and backslashes are removed from them; `--` alone ends them. */
export const splitFlags = (text: string): FlagsAndRest => {
  const flags: RawFlag[] = []
  let at = 0
  for (;;) {
    while (at < text.length && isSpace(text.charAt(at))) at++
    if (!text.startsWith('--', at)) return { flags, rest: text.slice(at) }
    const { word, end } = readFlagWord(text, at)
    if (word === '--') return { flags, rest: trim(text.slice(end)) }
    flags.push({ ...parseFlag(word), start: at, end })
    at = end
  }
}

const readFlagWord = (text: string, start: number): { readonly word: string; readonly end: number } => {
  let word = ''
  let quote = ''
  let at = start
  for (; at < text.length; at++) {
    const ch = text.charAt(at)
    if (quote === '' && isSpace(ch)) break
    if (ch === '\\') word += text.charAt(++at)
    else if (ch === quote) quote = ''
    else if (quote === '' && (ch === '"' || ch === "'")) quote = ch
    else word += ch
  }
  return { word, end: at }
}

const parseFlag = (word: string): Pick<RawFlag, 'name' | 'value'> => {
  const equals = word.indexOf('=')
  return equals < 0
    ? { name: word.slice(2), value: undefined }
    : { name: word.slice(2, equals), value: word.slice(equals + 1) }
}

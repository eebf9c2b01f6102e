import type { CommandLine } from './types.ts'

/**
 * The JSON form: a list of strings. Anything that is not JSON is the shell form, as docker has it, also `['a']`;
 * JSON that holds something else than strings is `bad`.
 */
export const parseJsonForm = (text: string): readonly string[] | 'not-json' | 'bad' => {
  if (!text.startsWith('[')) return 'not-json'
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'not-json'
  }
  if (!Array.isArray(value)) return 'not-json'
  const items: readonly unknown[] = value
  const strings = items.filter((item) => typeof item === 'string')
  return strings.length === items.length ? strings.map(wellFormed) : 'bad'
}

/** Half a surrogate pair (`\\ud83d`) is no character. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd')

export const parseCommandLine = (text: string): CommandLine | 'bad' => {
  const list = parseJsonForm(text)
  if (list === 'bad') return 'bad'
  return list === 'not-json' ? { form: 'shell', text } : { form: 'exec', args: list }
}

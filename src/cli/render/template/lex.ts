import { badTemplate } from './bad.ts'

/** A template in parts: text as it is, and what stands between `{{` and `}}`, as words. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly words: readonly Word[] }

export type Word =
  | { readonly kind: 'name' | 'field' | 'variable' | 'mark'; readonly text: string; readonly spaced: boolean }
  | { readonly kind: 'literal'; readonly value: unknown; readonly text: string; readonly spaced: boolean }

const opening = /\{\{(-(?=\s))?/g
/** The end of an action outside of its strings. */
const inside = /^(?:"(?:[^"\\]|\\.)*"|`[^`]*`|(?!\}\}|\s-\}\})[^"`])*/s
const comment = /^\s*\/\*.*?\*\/\s*?(?=(?:\s-)?\}\})/s

/** Splits a template. Throws `bad-template` for actions without an end and for characters that mean nothing. */
export const lexTemplate = (format: string): readonly Part[] => {
  const parts: Part[] = []
  let at = 0
  let trimNext = false
  const addText = (text: string, trimEnd: boolean): void => {
    const start = trimNext ? text.trimStart() : text
    const trimmed = trimEnd ? start.trimEnd() : start
    if (trimmed !== '') parts.push({ kind: 'text', text: trimmed })
  }
  for (opening.lastIndex = at; ; opening.lastIndex = at) {
    const open = opening.exec(format)
    addText(format.slice(at, open?.index), open?.[1] !== undefined)
    if (!open) return parts
    const rest = format.slice(open.index + open[0].length)
    const isComment = comment.exec(rest)
    const body = isComment?.[0] ?? inside.exec(rest)?.[0] ?? ''
    const close = /^(\s-)?\}\}/.exec(rest.slice(body.length))
    if (!close) throw badTemplate(format, 'a {{ has no }}')
    trimNext = close[1] !== undefined
    if (!isComment) parts.push({ kind: 'action', words: lexAction(body, format) })
    at = open.index + open[0].length + body.length + close[0].length
  }
}

const wordPatterns: readonly (readonly [RegExp, (text: string, spaced: boolean) => Word])[] = [
  [/^"(?:[^"\\]|\\.)*"/s, (text, spaced) => ({ kind: 'literal', value: unquote(text), text, spaced })],
  [/^`[^`]*`/s, (text, spaced) => ({ kind: 'literal', value: text.slice(1, -1), text, spaced })],
  [
    /^[+-]?(?:0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?)/i,
    (text, spaced) => ({ kind: 'literal', value: Number(text), text, spaced }),
  ],
  [/^\$\w*/, (text, spaced) => ({ kind: 'variable', text, spaced })],
  [/^\.(?:[A-Za-z_]\w*)?/, (text, spaced) => ({ kind: 'field', text, spaced })],
  [/^(?::=|[=|(),])/, (text, spaced) => ({ kind: 'mark', text, spaced })],
  [/^[A-Za-z_]\w*/, (text, spaced) => ({ kind: 'name', text, spaced })],
]

const lexAction = (body: string, format: string): readonly Word[] => {
  const words: Word[] = []
  for (let rest = body; rest !== ''; ) {
    const trimmed = rest.trimStart()
    if (trimmed === '') break
    const spaced = trimmed.length < rest.length
    const found = wordPatterns.map(([pattern, make]) => [pattern.exec(trimmed)?.[0], make] as const)
    const [text, make] = found.find(([match]) => match !== undefined) ?? []
    if (text === undefined || make === undefined)
      throw badTemplate(format, `{{${body}}}: ${trimmed.charAt(0)} is not expected here`)
    words.push(make(text, spaced))
    rest = trimmed.slice(text.length)
  }
  return words
}

const unquote = (text: string): string =>
  text
    .slice(1, -1)
    .replace(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/gs, (_, code: string) =>
      code.length > 1 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (escapes[code] ?? code),
    )

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
}

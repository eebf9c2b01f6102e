import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { printableJson } from './printable.ts'

/** Renders one value through a compiled format. */
export type Template = (value: unknown) => string

/**
 * The part of Go's text/template that people use with docker: `{{.Field.Field}}`, `{{.}}`, `{{json .Field}}`,
 * `{{upper .F}}`, `{{lower .F}}`, `{{len .F}}`, `{{join .F ","}}`, `{{index .F "key"}}`. `\t` and `\n` mean tab and
 * line break. Throws `usage` for anything else, and for fields that do not exist when it is rendered.
 */
export const compileTemplate = (format: string): Template => {
  const text = format.replaceAll('\\t', '\t').replaceAll('\\n', '\n')
  const parts: Template[] = []
  let end = 0
  for (const match of text.matchAll(/\{\{(.*?)\}\}/gs)) {
    const literal = text.slice(end, match.index)
    parts.push(() => literal, compileAction(match[1] ?? '', format))
    end = match.index + match[0].length
  }
  const rest = text.slice(end)
  if (rest.includes('{{')) throw bad(format, 'a {{ has no }}')
  return (value) => parts.map((part) => part(value)).join('') + rest
}

type Evaluate = (value: unknown) => unknown

const compileAction = (action: string, format: string): Template => {
  const words = [...action.matchAll(/"(?:[^"\\]|\\.)*"|\S+/g)].map((match) => match[0])
  const [first = '', ...rest] = words
  if (first.startsWith('.') && rest.length === 0) {
    const read = fieldReader(first, format)
    return (value) => goText(read(value))
  }
  const call = functions.get(first)
  if (!call || rest.length !== call.length) throw bad(format, `{{${action}}} is not supported`)
  const readers = rest.map((word): Evaluate => {
    if (word.startsWith('.')) return fieldReader(word, format)
    const literal = literalOf(word, format)
    return () => literal
  })
  return (value) => goText(call(...readers.map((read) => read(value))))
}

const functions: ReadonlyMap<string, (...args: readonly unknown[]) => unknown> = new Map(
  Object.entries({
    json: (value: unknown) => printableJson(value ?? null),
    upper: (value: unknown) => goText(value).toUpperCase(),
    lower: (value: unknown) => goText(value).toLowerCase(),
    len: (value: unknown) => lengthOf(value),
    join: (list: unknown, separator: unknown) =>
      Array.isArray(list) ? list.map(goText).join(goText(separator)) : goText(list),
    index: (container: unknown, key: unknown) => memberOf(container, goText(key)),
  }),
)

const lengthOf = (value: unknown): number =>
  typeof value === 'string' || Array.isArray(value)
    ? value.length
    : isRecord(value)
      ? Object.keys(value).length
      : 0

const literalOf = (word: string, format: string): unknown => {
  try {
    return JSON.parse(word)
  } catch {
    throw bad(format, `${word} is neither a field nor a literal`)
  }
}

const fieldReader = (path: string, format: string): Evaluate => {
  const fields = path
    .split('.')
    .slice(1)
    .filter((field) => field !== '')
  if (fields.some((field) => !/^\w+$/.test(field))) throw bad(format, `${path} is not a field`)
  return (value) =>
    fields.reduce<unknown>((at, field) => {
      if (at === undefined || at === null) return undefined
      if (isRecord(at) && !Object.hasOwn(at, field) && at === value) {
        throw bad(format, `there is no field ${field}`, `known fields: ${Object.keys(at).join(', ')}`)
      }
      return memberOf(at, field)
    }, value)
}

const memberOf = (container: unknown, key: string): unknown => {
  if (Array.isArray(container)) return container[Number(key)]
  return isRecord(container) && Object.hasOwn(container, key) ? container[key] : undefined
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A value as Go's fmt prints it: `[a b]`, `map[k:v]`, `<no value>`. */
const goText = (value: unknown): string => {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return '<no value>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (!isRecord(value)) return JSON.stringify(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${entries.map(([key, item]) => `${key}:${goText(item)}`).join(' ')}]`
}

const bad = (format: string, why: string, hint?: string): AppError =>
  new AppError('usage', `--format ${JSON.stringify(format)}: ${why}`, {
    exitCode: exitCode.usage,
    hint: hint ?? 'supported: {{.Field}}, {{json .Field}}, upper, lower, len, join, index',
  })

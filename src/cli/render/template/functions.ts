import { printableJson } from '../printable.ts'
import { goPrintf } from './go-printf.ts'
import { goText, isRecord, isTrue, nilList, nilMap } from './go-text.ts'

/** A function of templates. Throws a plain error that says what was wrong. */
export interface TemplateFunction {
  readonly least: number
  readonly most: number
  call(...values: readonly unknown[]): unknown
}

const fn = (
  least: number,
  most: number,
  call: (...values: readonly unknown[]) => unknown,
): TemplateFunction => ({ least, most, call })

const many = Number.POSITIVE_INFINITY

const text = (change: (value: string) => string): TemplateFunction =>
  fn(1, 1, (value) => change(goText(value)))

const compare = (holds: (a: number | string, b: number | string) => boolean): TemplateFunction =>
  fn(2, 2, (a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return holds(a, b)
    if (typeof a === 'string' && typeof b === 'string') return holds(a, b)
    throw new Error('values of two kinds cannot be compared')
  })

const sameKind = (a: unknown, b: unknown): boolean => {
  if (a !== null && b !== null && a !== undefined && b !== undefined && typeof a !== typeof b)
    throw new Error('values of two kinds cannot be compared')
  return (a ?? null) === (b ?? null)
}

const json = (value: unknown): string =>
  value === nilList || value === nilMap || value === undefined ? 'null' : printableJson(value)

const lengthOf = (value: unknown): number => {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (Array.isArray(value)) return value.length
  if (isRecord(value)) return Object.keys(value).length
  throw new Error(`${goText(value)} has no length`)
}

const memberOf = (container: unknown, key: unknown): unknown => {
  if (Array.isArray(container)) {
    if (typeof key !== 'number' || key < 0 || key >= container.length)
      throw new Error(`index ${goText(key)} is out of range: there are ${container.length}`)
    return container[key]
  }
  if (isRecord(container)) return Object.hasOwn(container, goText(key)) ? container[goText(key)] : ''
  throw new Error(`${goText(container)} has no members`)
}

const slice = (value: unknown, from: unknown = 0, to?: unknown): unknown => {
  if (typeof value !== 'string' && !Array.isArray(value)) throw new Error(`${goText(value)} cannot be sliced`)
  const end = to === undefined ? value.length : Number(to)
  if (Number(from) < 0 || end > value.length || Number(from) > end)
    throw new Error(`index out of range: ${goText(to ?? from)}`)
  return value.slice(Number(from), end)
}

const entities: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  "'": '&#39;',
  '"': '&#34;',
}

/** Go prints a blank between two neighbours of which none is a string. */
const print = (values: readonly unknown[]): string =>
  values
    .map((value, at) => {
      const blank = at > 0 && typeof value !== 'string' && typeof values[at - 1] !== 'string'
      return `${blank ? ' ' : ''}${goText(value)}`
    })
    .join('')

/** All functions that Go and docker know, by name. */
export const functions: ReadonlyMap<string, TemplateFunction> = new Map(
  Object.entries({
    json: fn(1, 1, json),
    upper: text((value) => value.toUpperCase()),
    lower: text((value) => value.toLowerCase()),
    title: text((value) =>
      value.replace(/(^|\s)(\S)/g, (_, before: string, first: string) => before + first.toUpperCase()),
    ),
    len: fn(1, 1, lengthOf),
    join: fn(2, 2, (list, separator) =>
      Array.isArray(list) ? list.map(goText).join(goText(separator)) : goText(list),
    ),
    split: fn(2, 2, (value, separator) => goText(value).split(goText(separator))),
    index: fn(1, many, (container, ...keys) => keys.reduce(memberOf, container)),
    slice: fn(1, 3, slice),
    pad: fn(3, 3, (value, before, after) => {
      const [width, behind] = [Number(before), Number(after)]
      return goText(value) === '' ? '' : `${' '.repeat(width)}${goText(value)}${' '.repeat(behind)}`
    }),
    truncate: fn(2, 2, (value, length) => goText(value).slice(0, Number(length))),
    print: fn(0, many, (...values) => print(values)),
    println: fn(0, many, (...values) => `${values.map(goText).join(' ')}\n`),
    printf: fn(1, many, (format, ...values) => goPrintf(goText(format), values)),
    html: fn(1, many, (...values) =>
      print(values).replace(/[<>&'"]/g, (character) => entities[character] ?? ''),
    ),
    js: fn(1, many, (...values) =>
      print(values)
        .replace(/[\\'"]/g, '\\$&')
        .replaceAll('<', '\\u003C')
        .replaceAll('>', '\\u003E')
        .replaceAll('&', '\\u0026'),
    ),
    urlquery: fn(1, many, (...values) => encodeURIComponent(print(values)).replaceAll('%20', '+')),
    not: fn(1, 1, (value) => !isTrue(value)),
    and: fn(1, many, (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1)),
    or: fn(1, many, (...values) => values.find(isTrue) ?? values.at(-1)),
    eq: fn(2, many, (first, ...others) => others.some((other) => sameKind(first, other))),
    ne: fn(2, 2, (a, b) => !sameKind(a, b)),
    lt: compare((a, b) => a < b),
    le: compare((a, b) => a <= b),
    gt: compare((a, b) => a > b),
    ge: compare((a, b) => a >= b),
  }),
)

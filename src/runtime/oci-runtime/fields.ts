import { invalidSpec } from './errors.ts'

/** The members of one JSON object, each checked when it is read; `null` counts as absent, as Go writes it. */
export interface Fields {
  /** Where it stands in the document: `linux.seccomp`. */
  readonly where: string
  has(key: string): boolean
  text(key: string): string | undefined
  number(key: string): number | undefined
  flag(key: string): boolean
  texts(key: string): readonly string[]
  numbers(key: string): readonly number[]
  object(key: string): Fields | undefined
  objects(key: string): readonly Fields[]
  textMap(key: string): Readonly<Record<string, string>> | undefined
  /** As `text` and `number`, for members that must be there. */
  needText(key: string): string
  needNumber(key: string): number
  keys(): readonly string[]
}

/** Throws `invalid-spec` when the value is no object; later for members of a wrong type. */
export const fieldsOf = (where: string, value: unknown): Fields => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidSpec(where, 'expected an object')
  const members = value as Readonly<Record<string, unknown>>
  const at = (key: string): string => (where === '' ? key : `${where}.${key}`)
  const get = (key: string): unknown =>
    Object.hasOwn(members, key) ? (members[key] ?? undefined) : undefined
  const list = (key: string): readonly unknown[] => {
    const found = get(key)
    if (found === undefined) return []
    if (!Array.isArray(found)) throw invalidSpec(at(key), 'expected a list')
    return found
  }
  const text = (key: string): string | undefined => {
    const found = get(key)
    if (found === undefined) return undefined
    return textOf(at(key), found)
  }
  const number = (key: string): number | undefined => {
    const found = get(key)
    if (found === undefined || typeof found === 'number') return found
    throw invalidSpec(at(key), 'expected a number')
  }
  const need = <T>(key: string, found: T | undefined): T => {
    if (found === undefined) throw invalidSpec(at(key), 'it is missing')
    return found
  }
  return {
    where,
    has: (key) => get(key) !== undefined,
    text,
    number,
    flag: (key) => {
      const found = get(key) ?? false
      if (typeof found === 'boolean') return found
      throw invalidSpec(at(key), 'expected true or false')
    },
    texts: (key) => list(key).map((item, i) => textOf(`${at(key)}[${i}]`, item)),
    numbers: (key) =>
      list(key).map((item, i) => {
        if (typeof item === 'number') return item
        throw invalidSpec(`${at(key)}[${i}]`, 'expected a number')
      }),
    object: (key) => (get(key) === undefined ? undefined : fieldsOf(at(key), get(key))),
    objects: (key) => list(key).map((item, i) => fieldsOf(`${at(key)}[${i}]`, item)),
    textMap: (key) => {
      const found = get(key)
      if (found === undefined) return undefined
      const map = fieldsOf(at(key), found)
      return Object.fromEntries(map.keys().map((name) => [name, map.needText(name)]))
    },
    needText: (key) => need(key, text(key)),
    needNumber: (key) => need(key, number(key)),
    keys: () => Object.keys(members),
  }
}

/** Text goes to the kernel, which would cut it at a NUL. */
const textOf = (where: string, value: unknown): string => {
  if (typeof value !== 'string') throw invalidSpec(where, 'expected a text')
  if (value.includes('\0')) throw invalidSpec(where, 'it holds a NUL character')
  return value
}

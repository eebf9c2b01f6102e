import type { JsonObject } from './types.ts'

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value, which must be an object. */
export const objectOf = (value: unknown): JsonObject => {
  if (!isObject(value)) throw new Error(`expected a JSON object, found ${JSON.stringify(value)}`)
  return value
}

/** With sorted keys on every level. */
export const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, canonical(value[key])]),
  )
}

export const canonicalText = (value: unknown): string =>
  value === undefined ? 'absent' : JSON.stringify(canonical(value))

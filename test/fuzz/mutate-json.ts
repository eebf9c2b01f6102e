import type { Random } from '../chaos/random.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const strange: readonly [Json, ...Json[]] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  '',
  '\0',
  '../../x',
  'sha256:',
  [],
  {},
  [[]],
  { toString: 1, valueOf: null },
  { length: 1, 0: 'x' },
]
const keys: readonly [string, ...string[]] = ['toString', '__proto__', 'constructor', 'length', 'toJSON', 'x']

/** One value of a JSON document replaced, wrapped, moved, removed or added; undefined when the input is no JSON. */
export const mutateJson = (input: Buffer, random: Random): Buffer | undefined => {
  let document: Json
  try {
    document = JSON.parse(input.toString('utf8')) as Json
  } catch {
    return undefined
  }
  const places = countPlaces(document)
  let left = random.below(places)
  const change = (value: Json): Json => {
    if (left-- === 0) return changed(value, random, document)
    if (Array.isArray(value)) return value.map(change)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]))
  }
  return Buffer.from(JSON.stringify(change(document)))
}

const changed = (value: Json, random: Random, document: Json): Json => {
  switch (random.below(6)) {
    case 0:
      return random.pick(strange)
    case 1:
      return [value]
    case 2:
      return { [random.pick(keys)]: value }
    case 3:
      return placeAt(document, random.below(countPlaces(document)))
    case 4:
      return Array.isArray(value) ? value.flatMap((item) => [item, item]).slice(0, 64) : JSON.stringify(value)
    default:
      return withMember(value, random)
  }
}

const withMember = (value: Json, random: Random): Json => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return random.pick(strange)
  const members = Object.entries(value)
  if (random.chance(0.5)) members.splice(random.below(members.length), 1)
  else members.push([random.pick(keys), random.pick(strange)])
  return Object.fromEntries(members)
}

const childrenOf = (value: Json): readonly Json[] =>
  typeof value === 'object' && value !== null ? Object.values(value) : []

const countPlaces = (value: Json): number =>
  childrenOf(value).reduce<number>((count, child) => count + countPlaces(child), 1)

const placeAt = (value: Json, position: number): Json => {
  let left = position
  const open: Json[] = [value]
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    if (left-- === 0) return top
    open.push(...childrenOf(top))
  }
  return value
}

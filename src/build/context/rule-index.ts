import type { IgnoreRule } from './ignore-rules.ts'

/** Finds the rules that a path must be held against, so that not each of many is. Numbers are positions in the list of rules. */
export interface RuleIndex {
  /** Ascending: `also`, and at least all rules that match the path. */
  candidates(path: string, also: readonly number[]): readonly number[]
}

/** Up to here, asking every rule is faster than finding out which to ask. */
const few = 64

/** Characters of a gram: a piece of the text that every path that a rule matches has in it. */
const gramLength = 8

export const createRuleIndex = (rules: readonly IgnoreRule[]): RuleIndex => {
  const all = rules.map((_, number) => number)
  if (rules.length <= few) return { candidates: () => all }
  const exact = new Map<string, number[]>()
  const grams = new Map<string, number[]>()
  const always: number[] = []
  rules.forEach(({ wildcard }, number) => {
    if (wildcard.only !== undefined) add(exact, wildcard.only, number)
    else if (wildcard.contains === '') always.push(number)
    else add(grams, rarestGram(wildcard.contains, grams), number)
  })
  const lengths = [...new Set([...grams.keys()].map((gram) => gram.length))]
  return {
    candidates: (path, also) => {
      const found = new Set(also)
      for (const number of exact.get(path) ?? []) found.add(number)
      for (const number of always) found.add(number)
      for (const length of lengths) {
        for (let at = 0; at + length <= path.length; at++) {
          for (const number of grams.get(path.slice(at, at + length)) ?? []) found.add(number)
        }
      }
      return found.size < 2 ? [...found] : [...found].sort((a, b) => a - b)
    },
  }
}

/** The one that the fewest rules are found by so far: an ending like `.js` says little. */
const rarestGram = (text: string, grams: ReadonlyMap<string, readonly number[]>): string => {
  const length = Math.min(gramLength, text.length)
  let best = ''
  let fewest = Number.POSITIVE_INFINITY
  for (let at = 0; at + length <= text.length && fewest > 0; at++) {
    const gram = text.slice(at, at + length)
    const users = grams.get(gram)?.length ?? 0
    if (users < fewest) {
      best = gram
      fewest = users
    }
  }
  return best
}

const add = (map: Map<string, number[]>, key: string, number: number): void => {
  const list = map.get(key)
  if (list) list.push(number)
  else map.set(key, [number])
}

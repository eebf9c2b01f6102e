import { limits } from './limits.ts'

/** One element of a shell pattern: a character, `?` or `*`. */
type Element =
  | { readonly kind: 'char'; readonly ch: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }

/** Patterns of `${name#pattern}`: `*`, `?` and backslash escapes. Matching keeps sets of positions and never backtracks. */
const parsePattern = (pattern: string): readonly Element[] => {
  const elements: Element[] = []
  for (let i = 0; i < pattern.length; i++) {
    const ch = pattern.charAt(i)
    if (ch === '*') elements.push({ kind: 'star' })
    else if (ch === '?') elements.push({ kind: 'any' })
    else if (ch === '\\' && i + 1 < pattern.length) elements.push({ kind: 'char', ch: pattern.charAt(++i) })
    else elements.push({ kind: 'char', ch })
  }
  return elements
}

/** Ends of all matches of the pattern that start at `start`, ascending. Undefined when it takes too long. */
const matchEnds = (
  elements: readonly Element[],
  text: string,
  start: number,
  budget: { steps: number },
): readonly number[] | undefined => {
  let positions = new Uint8Array(text.length + 1)
  positions[start] = 1
  for (const element of elements) {
    budget.steps -= text.length + 1 - start
    if (budget.steps < 0) return undefined
    positions = step(element, text, start, positions)
  }
  const ends: number[] = []
  positions.forEach((reached, end) => {
    if (reached) ends.push(end)
  })
  return ends
}

const step = (element: Element, text: string, start: number, before: Uint8Array): Uint8Array<ArrayBuffer> => {
  const after = new Uint8Array(text.length + 1)
  let seen = false
  for (let i = start; i <= text.length; i++) {
    const here = before[i] === 1
    seen ||= here
    if (element.kind === 'star' && seen) after[i] = 1
    const matches = element.kind === 'any' || (element.kind === 'char' && text.charAt(i) === element.ch)
    if (here && matches && i < text.length) after[i + 1] = 1
  }
  return after
}

/** `${name#pattern}` and `##` (greedy). Undefined when it takes too long. */
export const trimPrefix = (text: string, pattern: string, greedy: boolean): string | undefined => {
  const ends = matchEnds(parsePattern(pattern), text, 0, { steps: limits.matchSteps })
  if (!ends) return undefined
  const end = greedy ? ends.at(-1) : ends[0]
  return end === undefined ? text : text.slice(end)
}

const reversed = (text: string): string => Array.from(text).reverse().join('')

/** `${name%pattern}` and `%%` (greedy). */
export const trimSuffix = (text: string, pattern: string, greedy: boolean): string | undefined => {
  const elements = parsePattern(pattern).toReversed()
  const ends = matchEnds(elements, reversed(text), 0, { steps: limits.matchSteps })
  if (!ends) return undefined
  const end = greedy ? ends.at(-1) : ends[0]
  return end === undefined ? text : text.slice(0, text.length - end)
}

/** `${name/pattern/by}` and `//` (all). The longest match at the first place wins. */
export const replacePattern = (
  text: string,
  pattern: string,
  by: string,
  all: boolean,
): string | undefined => {
  const elements = parsePattern(pattern)
  const budget = { steps: limits.matchSteps }
  let result = ''
  let start = 0
  while (start < text.length) {
    const end = matchEnds(elements, text, start, budget)?.at(-1)
    if (budget.steps < 0 || result.length > limits.wordLength) return undefined
    if (end === undefined || end === start) {
      result += text.charAt(start++)
      continue
    }
    result += by
    start = end
    if (!all) break
  }
  return result + text.slice(start)
}

/** A character that the pattern escapes though it has no meaning there; docker refuses those. */
export const badEscapeIn = (pattern: string): string | undefined =>
  /\\([\s\S]?)/.exec(pattern.replace(/\\[*?\\}/]/g, ''))?.[1]

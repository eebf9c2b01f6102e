import { limits } from './limits.ts'

/** One element of a shell pattern: a character, `?` or `*`. */
type Element =
  | { readonly kind: 'char'; readonly ch: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }

/** Characters, not UTF-16 code units: `?` takes a whole one. */
type Characters = readonly string[]

/** Patterns of `${name#pattern}`: `*`, `?` and backslash escapes. Matching keeps sets of positions and never backtracks. */
const parsePattern = (pattern: string): readonly Element[] => {
  const elements: Element[] = []
  const characters = Array.from(pattern)
  for (let i = 0; i < characters.length; i++) {
    const ch = characters[i] ?? ''
    const next = characters[i + 1]
    if (ch === '*') elements.push({ kind: 'star' })
    else if (ch === '?') elements.push({ kind: 'any' })
    else if (ch === '\\' && next !== undefined) {
      elements.push({ kind: 'char', ch: next })
      i++
    } else elements.push({ kind: 'char', ch })
  }
  return elements
}

/** Ends of all matches of the pattern that start at `start`, ascending. Undefined when it takes too long. */
const matchEnds = (
  elements: readonly Element[],
  text: Characters,
  start: number,
  budget: { steps: number },
): readonly number[] | undefined => {
  budget.steps--
  const first = elements[0]
  // Most places are ruled out by their first character.
  if (budget.steps >= 0 && first?.kind === 'char' && text[start] !== first.ch) return []
  // Without a star a match is never longer than the pattern.
  const hasStar = elements.some(({ kind }) => kind === 'star')
  const reach = hasStar ? text.length - start : Math.min(text.length - start, elements.length)
  let positions = new Uint8Array(reach + 1)
  positions[0] = 1
  budget.steps -= positions.length
  for (const element of elements) {
    budget.steps -= positions.length
    if (budget.steps < 0) return undefined
    positions = step(element, text, start, positions)
  }
  const ends: number[] = []
  positions.forEach((reached, end) => {
    if (reached) ends.push(start + end)
  })
  return ends
}

/** As in docker's regular expressions, wildcards do not match a newline. */
const step = (
  element: Element,
  text: Characters,
  start: number,
  before: Uint8Array,
): Uint8Array<ArrayBuffer> => {
  const after = new Uint8Array(before.length)
  let open = false
  for (let i = 0; i < before.length; i++) {
    const here = before[i] === 1
    const ch = text[start + i]
    if (element.kind === 'star') {
      open ||= here
      if (open) after[i] = 1
      if (ch === '\n') open = false
    } else if (here && ch !== undefined && (element.kind === 'any' ? ch !== '\n' : ch === element.ch)) {
      after[i + 1] = 1
    }
  }
  return after
}

/** `${name#pattern}` and `##` (greedy). Undefined when it takes too long. */
export const trimPrefix = (text: string, pattern: string, greedy: boolean): string | undefined => {
  const characters = Array.from(text)
  const ends = matchEnds(parsePattern(pattern), characters, 0, { steps: limits.matchSteps })
  if (!ends) return undefined
  const end = greedy ? ends.at(-1) : ends[0]
  return end === undefined ? text : characters.slice(end).join('')
}

/** `${name%pattern}` and `%%` (greedy). */
export const trimSuffix = (text: string, pattern: string, greedy: boolean): string | undefined => {
  const characters = Array.from(text).reverse()
  const elements = parsePattern(pattern).toReversed()
  const ends = matchEnds(elements, characters, 0, { steps: limits.matchSteps })
  if (!ends) return undefined
  const end = greedy ? ends.at(-1) : ends[0]
  return end === undefined ? text : characters.slice(end).reverse().join('')
}

/** `${name/pattern/by}` and `//` (all). The longest match at the first place wins; a pattern may match nothing at all. */
export const replacePattern = (
  text: string,
  pattern: string,
  by: string,
  all: boolean,
): string | undefined => {
  const characters = Array.from(text)
  const elements = parsePattern(pattern)
  const budget = { steps: limits.matchSteps }
  const parts: string[] = []
  let length = 0
  let copied = 0
  let lastEnd = -1
  for (let start = 0; start <= characters.length; ) {
    const end = matchEnds(elements, characters, start, budget)?.at(-1)
    if (budget.steps < 0 || length > limits.wordLength) return undefined
    if (end === undefined || (end === start && start === lastEnd)) {
      start++
      continue
    }
    const match = characters.slice(start, end).join('')
    const replacement = all ? fillTemplate(by, match) : by
    parts.push(characters.slice(copied, start).join(''), replacement)
    length += start - copied + replacement.length
    copied = end
    lastEnd = end
    if (!all) break
    start = end === start ? start + 1 : end
  }
  return parts.join('') + characters.slice(copied).join('')
}

/** Docker gives the replacement of `//` to Go's regexp package, which puts the match in for `$0` and nothing for other groups. */
const fillTemplate = (template: string, match: string): string =>
  template.includes('$')
    ? template.replace(/\$(?:\$|\{(\w+)\}|([\p{L}\p{Nd}_]+))/gu, (whole, braced?: string, bare?: string) =>
        whole === '$$' ? '$' : (braced ?? bare) === '0' ? match : '',
      )
    : template

/** A character that the pattern escapes though it has no meaning there; docker refuses those. */
export const badEscapeIn = (pattern: string): string | undefined =>
  /\\([\s\S]?)/.exec(pattern.replace(/\\[*?\\}/]/g, ''))?.[1]

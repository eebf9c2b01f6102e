export interface SuggestOptions {
  /** Greatest edit distance; a third of the word's length by default, at least 1. */
  readonly limit?: number
  /** Other letter case is a difference. */
  readonly exactCase?: boolean
}

/** The candidate nearest to `word`, or undefined when none is near. */
export const suggest = (
  word: string,
  candidates: Iterable<string>,
  options: SuggestOptions = {},
): string | undefined => {
  const limit = options.limit ?? Math.max(1, Math.floor(word.length / 3))
  const folded = (text: string): string => (options.exactCase ? text : text.toLowerCase())
  let best: string | undefined
  let bestDistance = limit + 1
  for (const candidate of candidates) {
    // A difference in length costs at least as much: long words are never compared with short ones.
    if (Math.abs(candidate.length - word.length) > limit) continue
    const distance = editDistance(folded(word), folded(candidate))
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Optimal string alignment distance: insert, delete, replace, and swap of neighbours each cost 1. */
const editDistance = (a: string, b: string): number => {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    before = previous
    previous = row
  }
  return previous[b.length] ?? 0
}

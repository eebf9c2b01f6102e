import type { Assembler, Label } from './assembler.ts'

/** From this value up to the next segment's, the program goes on at `target`. */
export interface Segment {
  readonly from: number
  readonly target: Label
}

/**
 * Writes a binary search over the accumulator: `segments` are sorted, the first starts at 0, and neighbours with the
 * same target are joined. About log2(n) instructions run.
 */
export const emitDecisionTree = (to: Assembler, segments: readonly Segment[]): Label => {
  const joined = segments.filter(({ target }, i) => target !== segments[i - 1]?.target)
  const emit = (first: number, last: number): Label => {
    const middle = (first + last + 1) >> 1
    const segment = joined[middle]
    if (segment === undefined || first === last) return joined[first]?.target ?? 0
    const above = emit(middle, last)
    const below = emit(first, middle - 1)
    return to.branch('jumpGreaterEqual', segment.from, above, below)
  }
  return emit(0, joined.length - 1)
}

import type { ContentWitness } from '../../foundation/filetree/index.ts'
import type { AskedDigest } from './asked-digest.ts'

/** Digests that come later, of many files, in the order in which they were asked for. No object for each file. */
export interface ExpectedDigests {
  /** @param size bytes of the file */
  add(asked: AskedDigest, size: number): void
  /** The next one. */
  take(): AskedDigest | undefined
  /** By its number among all that were ever added, as long as it was not taken. */
  peek(number: number): ExpectedDigest | undefined
}

export interface ExpectedDigest {
  readonly asked: AskedDigest
  readonly size: number
}

/** Consecutive ones whose witnesses are made by the same. */
interface Run {
  readonly from: number
  readonly index: AskedDigest['index']
  /** Undefined: they are kept as they were asked. */
  readonly witnesses: ((file: number) => ContentWitness) | undefined
}

/** What is kept of each: the place of its digest, its size, and what its witness is made of again. */
const numbers = 3
/** In one piece. */
const pieceCount = 1024

export const createExpectedDigests = (): ExpectedDigests => {
  let pieces: Float64Array[] = []
  let runs: Run[] = []
  const kept = new Map<number, AskedDigest>()
  let added = 0
  let taken = 0
  /** Number of the first in the first piece. */
  let start = 0
  /** Place of the run that the next one is of. */
  let open = 0

  const pieceOf = (number: number): Float64Array | undefined =>
    pieces[Math.floor((number - start) / pieceCount)]
  const numberOf = (number: number, which: number): number =>
    pieceOf(number)?.[((number - start) % pieceCount) * numbers + which] ?? 0
  const askedAt = (number: number, run: Run | undefined): AskedDigest | undefined =>
    run?.witnesses === undefined
      ? kept.get(number)
      : {
          index: run.index,
          place: numberOf(number, 0),
          path: '',
          witness: run.witnesses(numberOf(number, 2)),
        }
  /** Lets go of what was taken as a whole: runs only now and then, there may be one for each file. */
  const shorten = (): void => {
    if (taken - start < pieceCount) return
    pieces = pieces.slice(1)
    start += pieceCount
    runs = runs.slice(open)
    open = 0
  }
  return {
    add(asked, size) {
      const again = asked.witness?.again
      if (again === undefined) kept.set(added, asked)
      const last = runs.at(-1)
      if (last === undefined || last.witnesses !== again?.of || last.index !== asked.index)
        runs.push({ from: added, index: asked.index, witnesses: again?.of })
      if (added - start === pieces.length * pieceCount) pieces.push(new Float64Array(pieceCount * numbers))
      pieceOf(added)?.set([asked.place, size, again?.file ?? 0], ((added - start) % pieceCount) * numbers)
      added += 1
    },
    take() {
      if (taken === added) return undefined
      const next = runs[open + 1]
      if (next !== undefined && next.from <= taken) open += 1
      const asked = askedAt(taken, runs[open])
      kept.delete(taken)
      taken += 1
      shorten()
      return asked
    },
    peek(number) {
      if (number < taken || number >= added) return undefined
      const asked = askedAt(
        number,
        runs.findLast((run) => run.from <= number),
      )
      return asked && { asked, size: numberOf(number, 1) }
    },
  }
}

import { appendFileSync, readFileSync } from 'node:fs'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'

/** Bytes `[start, end)` of a blob. */
export interface Interval {
  readonly start: number
  readonly end: number
}

/** Which parts of a blob have been received. */
export interface Received {
  add(interval: Interval): void
  /** How far it goes without a gap from the start. */
  frontier(): number
  /** Bytes in all. */
  total(): number
  /** What is missing of `size` bytes, in order. */
  gaps(size: number): readonly Interval[]
}

export const createReceived = (known: readonly Interval[] = []): Received => {
  let intervals: readonly Interval[] = merged(known)
  return {
    add(interval) {
      intervals = merged([...intervals, interval])
    },
    frontier: () => (intervals[0]?.start === 0 ? intervals[0].end : 0),
    total: () => intervals.reduce((sum, { start, end }) => sum + end - start, 0),
    gaps(size) {
      const gaps: Interval[] = []
      let from = 0
      for (const { start, end } of intervals) {
        if (start > from) gaps.push({ start: from, end: Math.min(start, size) })
        from = Math.max(from, end)
      }
      if (from < size) gaps.push({ start: from, end: size })
      return gaps.filter(({ start, end }) => start < end)
    },
  }
}

const merged = (intervals: readonly Interval[]): readonly Interval[] => {
  const result: Interval[] = []
  for (const interval of intervals.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1)
    if (last && interval.start <= last.end)
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, interval.end) }
    else result.push(interval)
  }
  return result
}

/**
 * The intervals that a journal names, one line `START END` each, written after the bytes themselves. What cannot be read, or lies
 * beyond `limit` (the bytes that the file has), is left out: it is fetched again.
 */
export const readJournal = (path: HostPath, limit: number): readonly Interval[] => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
  return text.split('\n').flatMap((line) => {
    const [, start, end] = /^(\d{1,15}) (\d{1,15})$/.exec(line) ?? []
    const interval = { start: Number(start), end: Number(end) }
    return interval.start < interval.end && interval.end <= limit ? [interval] : []
  })
}

/** One short write at the end of the file: of processes that die, a line is there whole or not at all. */
export const appendJournal = (path: HostPath, { start, end }: Interval): void =>
  appendFileSync(path, `${start} ${end}\n`, { mode: 0o600 })

import type { IdRange } from './types.ts'

/** The ranges of one name in a file such as /etc/subuid (subuid(5)), by their start; lines that mean nothing are left out. */
export const parseSubordinateIds = (text: string, name: string): readonly IdRange[] =>
  text
    .split('\n')
    .flatMap((line): readonly IdRange[] => {
      const [owner, start, size, ...more] = line.trim().split(':')
      if (owner !== name || more.length > 0 || !isCount(start) || !isCount(size)) return []
      const range = { start: Number(start), size: Number(size) }
      return range.size > 0 && range.start + range.size <= 0xffffffff ? [range] : []
    })
    .toSorted((a, b) => a.start - b.start)

const isCount = (text: string | undefined): text is string => text !== undefined && /^\d{1,10}$/.test(text)

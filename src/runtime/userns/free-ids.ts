import type { IdRange } from './types.ts'

/** The first `size` ids in a row that lie in one of the ranges and in none that is taken; undefined when there are none. */
export const findFreeIds = (
  ranges: readonly IdRange[],
  taken: readonly IdRange[],
  size: number,
): IdRange | undefined => {
  const sorted = taken.toSorted((a, b) => a.start - b.start)
  for (const range of ranges) {
    let start = range.start
    for (const one of sorted) {
      const overlaps = one.start < start + size && one.start + one.size > start
      if (overlaps) start = one.start + one.size
    }
    if (start + size <= range.start + range.size) return { start, size }
  }
  return undefined
}

/** Ids of a container, from 0 to `size`, that no mapping covers. */
export const holes = (
  maps: readonly { readonly containerID: number; readonly size: number }[],
  size: number,
): readonly IdRange[] => {
  const found: IdRange[] = []
  let start = 0
  for (const map of maps.toSorted((a, b) => a.containerID - b.containerID)) {
    if (map.containerID > start && start < size)
      found.push({ start, size: Math.min(map.containerID, size) - start })
    start = Math.max(start, map.containerID + map.size)
  }
  if (start < size) found.push({ start, size: size - start })
  return found
}

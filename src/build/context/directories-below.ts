import { byCodeUnit } from '../../foundation/filetree/index.ts'

/** Finds those of many directories that are at or below one of them without looking at the others. */
export const directoriesBelow = (
  paths: ReadonlyMap<string, unknown>,
): ((directory: string) => Iterable<string>) => {
  let sorted: readonly string[] | undefined
  return (directory) => {
    if (directory === '') return paths.keys()
    sorted ??= [...paths.keys()].sort(byCodeUnit)
    return atOrBelow(sorted, directory, paths.has(directory))
  }
}

/** What is below stands together: it begins with the same characters. */
function* atOrBelow(sorted: readonly string[], directory: string, isThere: boolean): Generator<string> {
  if (isThere) yield directory
  const prefix = `${directory}/`
  for (let i = firstFrom(sorted, prefix); ; i++) {
    const path = sorted[i]
    if (path === undefined || !path.startsWith(prefix)) return
    yield path
  }
}

const firstFrom = (sorted: readonly string[], wanted: string): number => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? '') < wanted) low = middle + 1
    else high = middle
  }
  return low
}

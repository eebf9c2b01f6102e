/**
 * Does `work` for each item, at most `limit` at a time, in order of the items; results in the same order. After a failure nothing new is
 * started, the signal that work gets is aborted, and the first failure is thrown once all that ran has ended.
 */
export const inParallel = async <T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  outer?: AbortSignal,
): Promise<readonly R[]> => {
  const stop = new AbortController()
  const signal = outer ? AbortSignal.any([outer, stop.signal]) : stop.signal
  const results = new Map<number, R>()
  const failures: unknown[] = []
  let next = 0
  const run = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const position = next++
      const item = items[position]
      if (item === undefined) continue
      try {
        signal.throwIfAborted()
        results.set(position, await work(item, signal))
      } catch (error) {
        failures.push(error)
        stop.abort(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, run))
  if (failures.length > 0) throw failures[0]
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result)
}

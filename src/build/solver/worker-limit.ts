/** Runs at most `limit` tasks at once; the others wait in order. */
export const createWorkerLimit = (limit: number): (<T>(task: () => Promise<T>) => Promise<T>) => {
  let running = 0
  const waiting: (() => void)[] = []
  return async (task) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await task()
    } finally {
      // The place is handed on, not given back, so that nobody overtakes the queue.
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}

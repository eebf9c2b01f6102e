import type { HostPath } from '../../foundation/oci/index.ts'

/** Bytes from which on a file is worth a thread of its own. */
export const worthThread = 64 << 20

const waiting = 0
const done = 1

export interface HashThread {
  /** The program of the thread. */
  readonly program: URL
  /** Milliseconds without progress, twice in a row, after which the thread is given up. */
  readonly patience: number
}

const usual: HashThread = { program: new URL('./hash-thread.mjs', import.meta.url), patience: 5000 }

/**
 * Hashes the first `size` bytes of a file in another thread, while this one goes on without coming back to its event loop. The
 * returned function waits for it: lower-case hex sha256, or undefined when the file cannot be read so, or the thread does not run.
 */
export const hashAside = (
  path: HostPath | Buffer,
  size: number,
  { program, patience }: HashThread = usual,
): (() => string | undefined) => {
  // Late: few builds have such files.
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  const shared = new SharedArrayBuffer(8 + 32)
  const words = new Int32Array(shared, 0, 2)
  try {
    const worker = new Worker(program, { execArgv: [], workerData: { path, size, shared } })
    // It tells by `shared` alone, and is nothing to wait for at the end.
    worker.on('error', () => undefined)
    worker.unref()
  } catch {
    // There may be no more threads than there are.
    return () => undefined
  }
  return () =>
    hasEnded(words, patience) && words[0] === done
      ? Buffer.from(new Uint8Array(shared, 8)).toString('hex')
      : undefined
}

/** False when the thread has come to nothing: that it has died is told by an event, for which nobody here would wake up. */
const hasEnded = (words: Int32Array, patience: number): boolean => {
  let seen: number | undefined
  while (Atomics.wait(words, 0, waiting, patience) === 'timed-out') {
    const progress = Atomics.load(words, 1)
    if (progress === seen) return false
    seen = progress
  }
  return true
}

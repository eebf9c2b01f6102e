import type { HostPath } from '../../foundation/oci/index.ts'

/** Bytes from which on a file is worth a thread of its own. */
export const worthThread = 64 << 20

const waiting = 0
const done = 1

/**
 * Hashes the first `size` bytes of a file in another thread, while this one goes on without coming back to its event loop. The
 * returned function waits for it: lower-case hex sha256, or undefined when the file cannot be read so.
 */
export const hashAside = (path: HostPath | Buffer, size: number): (() => string | undefined) => {
  // Late: few builds have such files.
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  const shared = new SharedArrayBuffer(4 + 32)
  const state = new Int32Array(shared, 0, 1)
  const worker = new Worker(new URL('./hash-thread.mjs', import.meta.url), {
    execArgv: [],
    workerData: { path, size, shared },
  })
  // It tells by `shared` alone, and is nothing to wait for at the end.
  worker.on('error', () => undefined)
  worker.unref()
  return () => {
    Atomics.wait(state, 0, waiting)
    return state[0] === done ? Buffer.from(new Uint8Array(shared, 4)).toString('hex') : undefined
  }
}

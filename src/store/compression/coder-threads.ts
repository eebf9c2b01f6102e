import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import { AppError } from '../../foundation/errors/index.ts'
import type { LayerCompression } from './types.ts'

/** Threads at most: more of them wait for the disk and the registry. */
const maxThreads = 8

/** Threads that code blocks; shared by all who compress at the same time, gone when the last of them is done. */
export interface CoderThreads extends Disposable {
  /** Blocks that are coded at the same time at most. */
  readonly width: number
  /**
   * One block as a gzip member or a zstd frame. The block's memory goes to the thread: it is empty afterwards. Rejects with
   * `compression-failed`.
   */
  readonly code: (block: Uint8Array<ArrayBuffer>, how: LayerCompression) => Promise<Uint8Array>
  /** Starts all threads and has them load the coder, for blocks that are about to come. */
  readonly warm: (how: LayerCompression) => void
}

interface Task {
  readonly block: Uint8Array<ArrayBuffer>
  readonly how: LayerCompression
  readonly resolve: (bytes: Uint8Array) => void
  readonly reject: (error: Error) => void
}

interface Thread {
  readonly worker: Worker
  task: Task | undefined
}

interface Shared {
  users: number
  readonly width: number
  readonly start: () => Worker
  readonly threads: Set<Thread>
  readonly waiting: Task[]
}

let current: Shared | undefined

export const borrowCoderThreads = async (): Promise<CoderThreads> => {
  // Late: few commands compress.
  const { Worker } = await import('node:worker_threads')
  current ??= {
    users: 0,
    width: Math.max(1, Math.min(maxThreads, availableParallelism())),
    start: () => new Worker(new URL('./block-thread.mjs', import.meta.url), { execArgv: [] }),
    threads: new Set(),
    waiting: [],
  }
  const shared = current
  shared.users++
  let isReturned = false
  return {
    width: shared.width,
    code: (block, how) =>
      new Promise((resolve, reject) => {
        shared.waiting.push({ block, how, resolve, reject })
        distribute(shared)
      }),
    warm: ({ kind, level }) => {
      for (let thread = add(shared); thread; thread = add(shared)) thread.worker.postMessage({ kind, level })
    },
    [Symbol.dispose]: () => {
      if (isReturned) return
      isReturned = true
      shared.users--
      if (shared.users > 0) return
      if (current === shared) current = undefined
      end(shared)
    },
  }
}

const distribute = (shared: Shared): void => {
  while (shared.waiting.length > 0) {
    const thread = [...shared.threads].find(({ task }) => task === undefined) ?? add(shared)
    if (!thread) return
    const task = shared.waiting.shift()
    if (!task) return
    thread.task = task
    const { block, how } = task
    thread.worker.postMessage({ block, kind: how.kind, level: how.level }, [block.buffer])
  }
}

const add = (shared: Shared): Thread | undefined => {
  if (shared.threads.size >= shared.width) return undefined
  const thread: Thread = { worker: shared.start(), task: undefined }
  shared.threads.add(thread)
  const finish = (settle: (task: Task) => void): void => {
    const { task } = thread
    thread.task = undefined
    if (task) settle(task)
    distribute(shared)
  }
  const lose = (error: unknown): void => {
    shared.threads.delete(thread)
    finish(({ reject }) => reject(failed(error instanceof Error ? error.message : String(error), error)))
  }
  thread.worker.on('message', ({ bytes, failure }: { bytes?: unknown; failure?: unknown }) =>
    finish(({ resolve, reject }) =>
      bytes instanceof Uint8Array ? resolve(bytes) : reject(failed(String(failure))),
    ),
  )
  thread.worker.on('error', lose)
  thread.worker.on('exit', (code) => lose(`its thread ended with ${code}`))
  return thread
}

const end = (shared: Shared): void => {
  const given = failed('it was given up')
  for (const { reject } of shared.waiting.splice(0)) reject(given)
  for (const thread of shared.threads) {
    thread.task?.reject(given)
    thread.task = undefined
    void thread.worker.terminate()
  }
  shared.threads.clear()
}

const failed = (why: string, cause?: unknown): AppError =>
  new AppError('compression-failed', `compress a layer: ${why}`, { ...(cause !== undefined && { cause }) })

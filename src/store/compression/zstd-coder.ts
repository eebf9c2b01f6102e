import { Worker } from 'node:worker_threads'
import { type Coder, codingFailed, createWaiting } from './coder.ts'

/** Starts a thread that codes zstd. */
export const startZstdCoder = (level: number): Coder => {
  const waiting = createWaiting()
  const worker = new Worker(new URL('./zstd-thread.mjs', import.meta.url), {
    execArgv: [],
    workerData: { level },
  })
  const lose = (why: string, cause?: unknown): void => waiting.lose(codingFailed(why, cause))
  worker.on('message', ({ bytes, failure }: { bytes?: unknown; failure?: unknown }) =>
    bytes instanceof Uint8Array ? waiting.done(bytes) : lose(String(failure)),
  )
  worker.on('error', (error) => lose(error instanceof Error ? error.message : String(error), error))
  worker.on('exit', (code) => lose(`its thread ended with ${code}`))
  return {
    code: (block) => waiting.add(() => worker.postMessage({ block }, [block.buffer])),
    end() {
      lose('it was given up')
      void worker.terminate()
    },
  }
}

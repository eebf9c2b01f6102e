import { AppError } from '../../foundation/errors/index.ts'

/** Codes blocks beside this thread, one after the other in the order in which they come. */
export interface Coder {
  /** A block as a gzip member or zstd frame of its own. Its memory may be taken: it is not to be used afterwards. Rejects with `compression-failed`. */
  code(block: Uint8Array<ArrayBuffer>): Promise<Uint8Array>
  /** Ends it at once; what was not coded is rejected. */
  end(): void
}

export const codingFailed = (why: string, cause?: unknown): AppError =>
  new AppError('compression-failed', `compress a layer: ${why}`, { ...(cause !== undefined && { cause }) })

/** Blocks that a coder has been given, and who waits for them. */
export interface Waiting {
  /** `start` gives the block to the coder. */
  add(start: () => void): Promise<Uint8Array>
  /** The first of them is done. */
  done(bytes: Uint8Array): void
  /** None of them will be done, nor any that comes later. */
  lose(error: Error): void
}

export const createWaiting = (): Waiting => {
  const waiting: {
    readonly resolve: (bytes: Uint8Array) => void
    readonly reject: (error: Error) => void
  }[] = []
  let lost: Error | undefined
  return {
    add: (start) =>
      new Promise((resolve, reject) => {
        if (lost) return reject(lost)
        waiting.push({ resolve, reject })
        start()
      }),
    done: (bytes) => waiting.shift()?.resolve(bytes),
    lose(error) {
      lost ??= error
      for (const { reject } of waiting.splice(0)) reject(lost)
    },
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, errnoOf } from '../../../foundation/errors/index.ts'

export interface RetryOptions {
  /** Milliseconds before the first one. */
  readonly delay: number
  readonly signal?: AbortSignal
  /** Forgets earlier failures when this says that something was reached since. */
  readonly hasProgressed?: () => boolean
}

const attempts = 5
const longestDelay = 30_000
/** Who wants to be left alone for longer is told about instead of waited for. */
const longestRetryAfter = 60_000

/** Does `work` again while what goes wrong is likely to pass. Throws its last failure, and the signal's reason. */
export const withRetries = async <T>(options: RetryOptions, work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      options.signal?.throwIfAborted()
      return await work()
    } catch (error) {
      options.signal?.throwIfAborted()
      if (options.hasProgressed?.()) attempt = 1
      const wait = retryAfter(error) ?? backoff(options.delay, attempt)
      if (attempt >= attempts || !mayPass(error) || wait > longestRetryAfter) throw error
      await pause(wait, options.signal)
    }
  }
}

/** Ends early, and quietly, when the signal aborts. */
export const pause = async (milliseconds: number, signal: AbortSignal | undefined): Promise<void> => {
  try {
    await sleep(milliseconds, undefined, signal ? { signal } : {})
  } catch {
    // Whoever waits looks at the signal.
  }
}

/** Doubled each time, and a random part less, so that many clients do not come back at once. */
const backoff = (delay: number, attempt: number): number =>
  Math.min(longestDelay, delay * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2)

const passing = new Set([408, 425, 429, 500, 502, 503, 504])

const mayPass = (error: unknown): boolean => {
  if (error instanceof AppError)
    return typeof error.details['status'] === 'number' && passing.has(error.details['status'])
  return /^(ECONNRESET|ETIMEDOUT|EPIPE|EAI_AGAIN|ECONNABORTED|ENETUNREACH|EHOSTUNREACH|HPE_)/.test(
    errnoOf(error) ?? '',
  )
}

/** Milliseconds, from the header Retry-After (seconds or a date) of the answer; undefined when it said nothing. */
export const retryAfter = (error: unknown): number | undefined => {
  const value = error instanceof AppError ? error.details['retryAfter'] : undefined
  if (typeof value !== 'string') return undefined
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined
}

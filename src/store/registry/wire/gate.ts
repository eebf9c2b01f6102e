import { pause } from './retries.ts'

/** Hosts that asked to be left alone for a while: all requests of this client wait, not only the one that was told. */
export interface Gate {
  close(origin: string, milliseconds: number): void
  /** Throws the signal's reason. */
  pass(origin: string, signal: AbortSignal | undefined): Promise<void>
}

const longest = 60_000

export const createGate = (): Gate => {
  /** Milliseconds since the epoch. */
  const closedUntil = new Map<string, number>()
  return {
    close(origin, milliseconds) {
      const until = Date.now() + Math.min(milliseconds, longest)
      closedUntil.set(origin, Math.max(until, closedUntil.get(origin) ?? 0))
    },
    async pass(origin, signal) {
      const wait = (closedUntil.get(origin) ?? 0) - Date.now()
      if (wait > 0) await pause(wait, signal)
      signal?.throwIfAborted()
    },
  }
}

export interface Interrupt {
  readonly signal: AbortSignal
  /** What a verb ends with that only stops looking: 128 and the number of the signal; 0 when none came. */
  readonly exitCode: number
  [Symbol.dispose](): void
}

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Ctrl-C and termination as an AbortSignal; a second Ctrl-C ends the process at once. */
export const interruptible = (): Interrupt => {
  const controller = new AbortController()
  let code = 0
  const listener = (_: string, number: number): void => {
    if (controller.signal.aborted) process.exit(130)
    code = 128 + number
    controller.abort(new DOMException('interrupted', 'AbortError'))
  }
  for (const name of names) process.on(name, listener)
  return {
    signal: controller.signal,
    get exitCode() {
      return code
    },
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, listener)
    },
  }
}

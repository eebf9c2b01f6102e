export interface Interrupt {
  readonly signal: AbortSignal
  [Symbol.dispose](): void
}

/** Ctrl-C and termination as an AbortSignal; a second Ctrl-C ends the process at once. */
export const interruptible = (): Interrupt => {
  const controller = new AbortController()
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const listener = (): void => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort(new DOMException('interrupted', 'AbortError'))
  }
  for (const name of names) process.on(name, listener)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, listener)
    },
  }
}

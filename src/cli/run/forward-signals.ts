const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const

/** Hands the signals that this process gets to `send`, until it is disposed. */
export const forwardSignals = (send: (name: NodeJS.Signals) => void): Disposable => {
  for (const name of forwarded) process.on(name, send)
  return {
    [Symbol.dispose]: () => {
      for (const name of forwarded) process.off(name, send)
    },
  }
}

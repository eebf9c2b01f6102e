import { type Container, killContainer } from '../../engine/index.ts'
import type { CliContext } from '../context.ts'

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const

/** As docker: who asks three times to end wants to leave, whatever the container does with the signal. */
const patience = 3

/** Ends a container that does not end when asked to: it lives no longer than this process anyway. */
export const killImpatiently = (container: Container, cli: CliContext): void => {
  cli.stderr.write('tsrun: asked three times to end: the container is killed\n')
  killContainer(container, 'KILL')
}

/** Hands the signals that this process gets to `send`, until it is disposed; the third that asks for an end calls `leave`. */
export const forwardSignals = (send: (name: NodeJS.Signals) => void, leave: () => void): Disposable => {
  let asked = 0
  const onSignal = (name: NodeJS.Signals): void => {
    if (name === 'SIGINT' || name === 'SIGTERM') asked++
    if (asked >= patience) leave()
    else send(name)
  }
  for (const name of forwarded) process.on(name, onSignal)
  return {
    [Symbol.dispose]: () => {
      for (const name of forwarded) process.off(name, onSignal)
    },
  }
}

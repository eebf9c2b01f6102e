import { type Container, killContainer, type Launched } from '../../engine/index.ts'
import type { CliContext } from '../context.ts'

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const

/** As docker: who asks three times to end wants to leave, whatever the container does with the signal. */
const patience = 3

/** Ends a container that does not end when asked to: it lives no longer than this process anyway. */
const killImpatiently = (container: Container, cli: CliContext): void => {
  cli.stderr.write('tsrun: asked three times to end: the container is killed\n')
  killContainer(container, 'KILL')
}

/** Who gets the signals of a container in the foreground. Without `proxy` a signal makes us leave it in the background. */
export const receiverOf = (
  launched: Launched,
  container: Container,
  cli: CliContext,
  proxy: boolean,
): Receiver => ({
  send: (name) => {
    if (proxy || name === 'SIGWINCH') launched.signal(name)
    else launched.leave()
  },
  leave: () => killImpatiently(container, cli),
})

interface Receiver {
  readonly send: (name: NodeJS.Signals) => void
  /** Called for the third signal that asks for an end. */
  readonly leave: () => void
}

interface SignalForwarder extends Disposable {
  /** Hands over what came so far, and everything that comes from now on. */
  readonly to: (receiver: Receiver) => void
}

/**
 * Takes the signals that this process gets, until it is disposed. It is made before the container starts:
 * the container may speak, and be answered with a signal, before this process has learned that it runs.
 */
export const forwardSignals = (): SignalForwarder => {
  let asked = 0
  let receiver: Receiver | undefined
  const early: NodeJS.Signals[] = []
  const handOver = (name: NodeJS.Signals, to: Receiver): void => {
    if (asked >= patience) to.leave()
    else to.send(name)
  }
  const onSignal = (name: NodeJS.Signals): void => {
    if (name === 'SIGINT' || name === 'SIGTERM') asked++
    if (receiver) handOver(name, receiver)
    else if (asked >= patience) process.exit(130)
    else early.push(name)
  }
  for (const name of forwarded) process.on(name, onSignal)
  return {
    to: (next) => {
      receiver = next
      for (const name of early.splice(0)) handOver(name, next)
    },
    [Symbol.dispose]: () => {
      for (const name of forwarded) process.off(name, onSignal)
    },
  }
}

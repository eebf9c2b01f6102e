import { randomHex } from '../../foundation/sys/index.ts'
import { journalOf, recordEvent } from './events.ts'
import type { Container } from './types.ts'

/** What is told of one more process in a container. */
export interface ExecEvents {
  /** Docker's execID, which all of them have. */
  readonly attributes: { readonly execID: string }
  ended(code: number): void
  /** Its caller has left it. */
  left(): void
}

/** Tells that it is made and started, as docker does whether it can be executed or not. */
export const beginExec = (container: Container, [program = '', ...args]: readonly string[]): ExecEvents => {
  const attributes = { execID: randomHex(32) }
  const tell = (action: string, more: Readonly<Record<string, string>> = {}): void =>
    recordEvent(journalOf(container), container.record, action, { ...attributes, ...more })
  const words = `${program} ${args.join(' ')}`
  tell(`exec_create: ${words}`)
  tell(`exec_start: ${words}`)
  return {
    attributes,
    ended: (code) => tell('exec_die', { exitCode: String(code) }),
    left: () => tell('exec_detach'),
  }
}

import { AppError, exitCode, InternalError } from '../errors/index.ts'
import { killedHint } from './helper-killed.ts'
import { lowerFirst, NativeError } from './native-error.ts'
import type { HelperEvent } from './status.ts'
import type { ExitStatus } from './types.ts'

/** What the helper has said of one container. */
export interface Outcome {
  readonly error?: HelperEvent & { readonly event: 'error' }
  readonly exit?: HelperEvent & { readonly event: 'exit' }
  readonly broken?: unknown
  /** Why the caller did not let it go on. */
  readonly refused?: Error
}

/** The same while it is still being said. */
export type OutcomeDraft = { -readonly [K in keyof Outcome]: Outcome[K] }

/** Notes what an event says of how it ended; others say nothing of that. */
export const gather = (outcome: OutcomeDraft, event: HelperEvent): void => {
  if (event.event === 'error') outcome.error = event
  else if (event.event === 'exit') outcome.exit = event
}

/** The helper ended before it said how the container did. */
export class HelperDied extends AppError<'native-died'> {
  constructor(code: number | null, signal: string | null) {
    const end = signal === null ? `ended with code ${code}` : `was killed by ${signal}`
    super('native-died', `wait for the container: the process of the helper that runs it ${end}`, {
      exitCode: exitCode.engine,
      ...(signal === 'SIGKILL' ? { hint: killedHint } : {}),
    })
  }
}

/** `code` and `signal` are how the helper itself ended. Throws `NativeError`, `HelperDied`, `InternalError`, and what refused it. */
export const statusOf = (outcome: Outcome, code: number | null, signal: string | null): ExitStatus => {
  const { error, exit } = outcome
  if (outcome.broken !== undefined) throw new InternalError('read events of the helper', outcome.broken)
  if (outcome.refused !== undefined) throw outcome.refused
  if (error && !(exit && error.step === 'exec')) throw new NativeError(error)
  if (!exit) throw new HelperDied(code, signal)
  const { event: _, ...status } = exit
  return error
    ? { ...status, message: `exec ${JSON.stringify(error.arg)}: ${lowerFirst(error.text)}` }
    : status
}

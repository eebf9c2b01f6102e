import type { HostPath } from '../../foundation/oci/index.ts'
import type { CliContext } from '../context.ts'

/** What a verb of tsrunc knows. */
export interface RuncContext {
  /** Where the state of containers lies. */
  readonly root: HostPath
  readonly cli: CliContext
  /** A path of the command line. */
  path(word: string): HostPath
  warn(message: string): void
}

/** Returns the exit code. */
export type RuncVerb = (argv: readonly string[], runc: RuncContext) => Promise<number>

import type { HostPath } from '../foundation/oci/index.ts'

/** Where a command writes. `write` is synchronous: when it returns, the bytes have left this process. */
export interface CliOutput {
  write(chunk: string | Uint8Array): void
  readonly isTTY: boolean
  /** Width of the terminal; 80 when it is none. */
  readonly columns: number
  /** Present when the output is a file descriptor of this process. */
  readonly fd?: number
}

/** Where a command reads. */
export interface CliInput {
  readonly fd: number
  readonly isTTY: boolean
}

/** All that a command knows of the world outside. A verb takes nothing from `process`, so that tests can run it in place. */
export interface CliContext {
  readonly stdout: CliOutput
  readonly stderr: CliOutput
  readonly stdin: CliInput
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: HostPath
  /** The store: --root, TSBUILD_ROOT or /var/lib/tsbuild. */
  readonly root: HostPath
  /** Volatile state: TSBUILD_RUN or /run/tsbuild. */
  readonly runRoot: HostPath
  /** Milliseconds since the epoch. */
  now(): number
}

/** What every verb's module exports. Returns the exit code; throws what `fail.ts` renders. */
export type RunVerb = (argv: readonly string[], cli: CliContext) => Promise<number>

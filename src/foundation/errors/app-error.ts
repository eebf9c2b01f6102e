/** Exit codes by kind of failure; `tsrun` adds the container's own code, 126, 127 and 128+n. */
export const exitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  badDockerfile: 65,
  unreachable: 69,
  internal: 70,
  storeIo: 74,
  notPermitted: 77,
  engine: 125,
  notExecutable: 126,
  notFound: 127,
} as const

export interface ErrorOptions {
  readonly exitCode?: number
  /** One sentence that says what to do. */
  readonly hint?: string
  readonly cause?: unknown
  /** Facts for programs: paths, digests, expected and found values. */
  readonly details?: Readonly<Record<string, unknown>>
}

/**
 * Base of every error that a user may see. The message is lower case, verb first, and says what was
 * expected and what was found: `commit blob sha256:ab..: size 10, expected 12`.
 */
export class AppError<C extends string = string> extends Error {
  readonly code: C
  readonly exitCode: number
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: C, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.exitCode = options.exitCode ?? exitCode.failed
    this.hint = options.hint
    this.details = options.details ?? {}
  }
}

/** A state the program was sure could not happen. */
export class InternalError extends AppError<'internal'> {
  constructor(message: string, cause?: unknown) {
    super('internal', message, { exitCode: exitCode.internal, cause })
  }
}

/** Ends an exhaustive switch over a union. */
export const assertNever = (value: never): never => {
  throw new InternalError(`unexpected value: ${JSON.stringify(value)}`)
}

/** The `code` of a Node system error (`ENOENT`), or undefined. */
export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

import { AppError, exitCode } from './app-error.ts'

/** 1-based line, 0-based column in UTF-16 code units. */
export interface Position {
  readonly line: number
  readonly column: number
}

export interface Range {
  readonly start: Position
  readonly end: Position
}

/** Replaces what lies in `range` of the file by `text`. */
export interface TextEdit {
  readonly range: Range
  readonly text: string
}

export type Severity = 'error' | 'warning' | 'info'

/** A problem in a file the user wrote. Many are reported at once. */
export interface Diagnostic {
  readonly severity: Severity
  /** Kebab-case name of the problem, e.g. `unknown-instruction`, or the name of a check, e.g. `StageNameCasing`. */
  readonly code: string
  readonly message: string
  /** Path as the user would type it, e.g. `Dockerfile` or `.dockerignore`. */
  readonly file: string
  readonly range?: Range
  readonly hint?: string
  /** Where the problem is explained: an address, or a path below the root of this project. */
  readonly url?: string
  /** What solves it without changing what the file means. The edits do not overlap. */
  readonly fix?: readonly TextEdit[]
}

/** Thrown when diagnostics of severity `error` end a command. Holds the source for excerpts. */
export class DiagnosticError extends AppError<'bad-dockerfile'> {
  readonly diagnostics: readonly Diagnostic[]
  /** File name -> text, for excerpts. */
  readonly sources: ReadonlyMap<string, string>

  constructor(
    diagnostics: readonly Diagnostic[],
    sources: ReadonlyMap<string, string>,
    options: { readonly exitCode?: number; readonly cause?: unknown } = {},
  ) {
    const message = diagnostics.map((d) => d.message).join('; ')
    super('bad-dockerfile', message, { exitCode: exitCode.badDockerfile, ...options })
    this.diagnostics = diagnostics
    this.sources = sources
  }
}

import {
  AppError,
  type Diagnostic,
  DiagnosticError,
  exitCode,
  firstFailure,
  InternalError,
} from '../foundation/errors/index.ts'
import { excerpt } from './render/excerpt.ts'
import { printable } from './render/printable.ts'

export interface Failure {
  /** Ends with a line break; empty when there is nothing to say. */
  readonly text: string
  readonly exitCode: number
}

export interface FailureOptions {
  /** Name that the line starts with. */
  readonly program: 'tsbuild' | 'tsrun' | 'tsrunc'
  /** With stack traces and causes (TSBUILD_DEBUG=1). */
  readonly debug?: boolean
}

/** Any thrown value as text for a person and the exit code of the program. */
export const renderFailure = (error: unknown, options: FailureOptions): Failure => {
  const failure = describe(firstFailure(error), options.program)
  return options.debug ? { ...failure, text: `${failure.text}${trace(error)}` } : failure
}

const describe = (error: unknown, program: string): Failure => {
  if (error instanceof DiagnosticError) {
    return {
      text: renderDiagnostics(error.diagnostics, error.sources),
      exitCode: error.exitCode,
    }
  }
  if (error instanceof AppError && !(error instanceof InternalError)) {
    const hint = error.hint ? `hint: ${printable(error.hint)}\n` : ''
    return {
      text: `${program}: error: ${printable(error.message)}\n${hint}`,
      exitCode: error.exitCode,
    }
  }
  if (isAbort(error)) return { text: `${program}: interrupted\n`, exitCode: 130 }
  const message = error instanceof Error ? error.message : String(error)
  const system = systemFailure(error)
  if (system)
    return {
      text: `${program}: error: ${printable(message)}\nhint: ${system}\n`,
      exitCode: exitCode.storeIo,
    }
  return {
    text:
      `${program}: internal error: ${printable(message)}\n` +
      `hint: this is a bug; run the command again with TSBUILD_DEBUG=1 and report what it prints\n`,
    exitCode: exitCode.internal,
  }
}

/** What to do about the failures of the machine that no room gives a name of its own. */
const systemFailure = (error: unknown): string | undefined => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full; `tsbuild prune` frees what no image needs'
    case 'EROFS':
      return 'the file system is read-only; choose another store with --root'
    case 'EACCES':
    case 'EPERM':
      return 'run as root, or choose a store of your own with --root'
    case 'EMFILE':
    case 'ENFILE':
      return 'too many open files; raise the limit (ulimit -n)'
    case 'EIO':
      return 'the disk reports an error'
    default:
      return undefined
  }
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'

/** All diagnostics, each with place, excerpt and hint. `sources` has the text of the files they name. */
export const renderDiagnostics = (
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
): string => diagnostics.map((d) => `${renderDiagnostic(d, sources.get(d.file))}\n`).join('')

const renderDiagnostic = (d: Diagnostic, source: string | undefined): string => {
  const place = d.range ? `${d.file}:${d.range.start.line}:${d.range.start.column + 1}` : d.file
  const text = source !== undefined && d.range ? excerpt(source, d.range) : ''
  // Checks are known by their names, by which they can be skipped.
  const name = d.url === undefined || !/^[A-Z]/.test(d.code) ? '' : `${d.code}: `
  return [
    printable(`${place}: ${d.severity}: ${name}${d.message}`),
    ...(text ? [text] : []),
    ...(d.hint ? [`hint: ${printable(d.hint)}`] : []),
    ...(d.url ? [`see: ${printable(d.url)}`] : []),
  ].join('\n')
}

/** Stack of the error and of everything that caused it, and of what failed in its wake. */
const trace = (error: unknown): string => {
  const first = firstFailure(error)
  return first === error ? causes(error) : `${causes(first)}${causes(error)}`
}

/** What a disposal failed with after something else had failed. */
const disposalIn = (error: Error): unknown =>
  firstFailure(error) !== error && 'error' in error ? error.error : undefined

const causes = (error: unknown): string => {
  const lines: string[] = []
  for (let at = error, depth = 0; at !== undefined && depth < 10; depth++) {
    lines.push(at instanceof Error ? (at.stack ?? at.message) : String(at))
    at = at instanceof Error ? (at.cause ?? disposalIn(at)) : undefined
  }
  return `${printable(lines.join('\ncaused by: '))}\n`
}

/** Typed errors, located diagnostics and exit codes. Everything that fails speaks these. */
export {
  AppError,
  assertNever,
  type ErrorOptions,
  errnoOf,
  exitCode,
  InternalError,
} from './app-error.ts'
export {
  type Diagnostic,
  DiagnosticError,
  type Position,
  type Range,
  type Severity,
  type TextEdit,
} from './diagnostic.ts'
export type { CountChecked, Finding } from './finding.ts'
export { firstFailure } from './first-failure.ts'
export { suggest } from './suggest.ts'

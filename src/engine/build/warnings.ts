import type { ParsedDockerfile } from '../../build/dockerfile/index.ts'
import { type LintRequest, lintDockerfile } from '../../build/lint/index.ts'
import { type Diagnostic, DiagnosticError } from '../../foundation/errors/index.ts'
import { hostPlatform } from '../../foundation/oci/index.ts'
import type { BuildOptions } from './types.ts'

/** What the checks are asked about a build. */
export const lintRequestOf = (
  options: BuildOptions,
  dockerfile: ParsedDockerfile,
  others: readonly Diagnostic[],
): LintRequest => ({
  text: options.dockerfile.text,
  dockerfile,
  target: options.target,
  buildArgs: options.buildArgs ?? {},
  platform: options.platform ?? hostPlatform(),
  others,
})

/** What a build warns of: checks of the stages it needs, and `planned`. Throws `DiagnosticError` when the file says that they are errors. */
export const warningsOf = async (
  options: BuildOptions,
  dockerfile: ParsedDockerfile,
  planned: readonly Diagnostic[],
): Promise<readonly Diagnostic[]> => {
  const { text, name } = options.dockerfile
  const sources = new Map([[name, text]])
  const request = lintRequestOf(options, dockerfile, planned)
  const first = lintDockerfile(request)
  const { settings, problem, rest } = first
  if (problem) throw new DiagnosticError([problem], sources)
  const looksAtContext = settings.experimental === 'all' || settings.experimental.has('CopyIgnoredFile')
  const findings = looksAtContext ? await withContext(options, request) : first.findings
  if (settings.error && findings.length > 0) {
    const errors = findings.map((each): Diagnostic => ({ ...each, severity: 'error' }))
    throw new DiagnosticError(errors, sources)
  }
  return [...rest, ...findings].sort((a, b) => lineOf(a) - lineOf(b))
}

const withContext = async (options: BuildOptions, request: LintRequest): Promise<readonly Diagnostic[]> => {
  const { checkIgnoredCopies } = await import('./check-context.ts')
  const others = [...(request.others ?? []), ...checkIgnoredCopies(options, request.dockerfile)]
  return lintDockerfile({ ...request, others }).findings
}

const lineOf = (diagnostic: Diagnostic): number => diagnostic.range?.start.line ?? 0

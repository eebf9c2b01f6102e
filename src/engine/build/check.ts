import { type ParsedDockerfile, parseDockerfile, pointAtParts } from '../../build/dockerfile/index.ts'
import { type PlanRequest, planBuild } from '../../build/graph/index.ts'
import {
  lintDockerfile,
  listTargets,
  type Outline,
  outlineTarget,
  sarifOf,
  type Target,
} from '../../build/lint/index.ts'
import { AppError, type Diagnostic, DiagnosticError, suggest } from '../../foundation/errors/index.ts'
import type { Store } from '../store.ts'
import { checkIgnoredCopies, checkIgnorePatterns } from './check-context.ts'
import { createPlanImages } from './images-for-plan.ts'
import { planRequestOf } from './plan-request.ts'
import type { BuildOptions } from './types.ts'
import { lintRequestOf } from './warnings.ts'

export interface CheckReport {
  /** Checks that failed, in BuildKit's order: `warning`, and `info` for what is only worth knowing. */
  readonly findings: readonly Diagnostic[]
  /** What a build would fail for. */
  readonly errors: readonly Diagnostic[]
  /** `check=error=true`: findings end a build. */
  readonly areErrors: boolean
}

/**
 * Everything that can be said of a build without building: of the stages that the target needs, or of all of them when no target is named.
 * Images that are not in the store are no error; what depends on them is not looked at. Never throws for what is in the Dockerfile.
 */
export const checkBuild = async (
  store: Store,
  options: BuildOptions,
  signal: AbortSignal,
): Promise<CheckReport> => {
  const dockerfile = await parseDockerfile(options.dockerfile.text, { file: options.dockerfile.name })
  const planned = dockerfile.diagnostics.some(isError)
    ? dockerfile.diagnostics
    : await planAll(store, options, dockerfile, signal)
  const context = [...checkIgnoredCopies(options, dockerfile), ...checkIgnorePatterns(options)]
  const { findings, rest, settings, problem } = lintDockerfile({
    ...lintRequestOf(options, dockerfile, [...planned, ...context]),
    allStages: options.target === undefined,
    own: true,
  })
  const errors = [...(problem ? [problem] : []), ...rest.filter(isError)]
  return { findings, errors, areErrors: settings.error }
}

/** The parameters of a target. Throws `DiagnosticError`, `unknown-target`. */
export const outlineBuild = async (options: BuildOptions): Promise<Outline> => {
  const dockerfile = await parseWhole(options)
  const outline = outlineTarget(lintRequestOf(options, dockerfile, []))
  if (outline) return outline
  const names = dockerfile.stages.flatMap((stage) => stage.name ?? [])
  const near = suggest(options.target ?? '', names)
  throw new AppError(
    'unknown-target',
    `expected --target to be one of ${names.join(', ')}, found ${JSON.stringify(options.target)}`,
    near === undefined ? {} : { hint: `did you mean ${near}?` },
  )
}

/** All targets of a Dockerfile. Throws `DiagnosticError`. */
export const targetsOfBuild = async (options: BuildOptions): Promise<readonly Target[]> =>
  listTargets(lintRequestOf(options, await parseWhole(options), []))

const isError = (diagnostic: Diagnostic): boolean => diagnostic.severity === 'error'

const parseWhole = async ({ dockerfile: { text, name } }: BuildOptions): Promise<ParsedDockerfile> => {
  const dockerfile = await parseDockerfile(text, { file: name })
  if (dockerfile.diagnostics.some(isError))
    throw new DiagnosticError(dockerfile.diagnostics, new Map([[name, text]]))
  return dockerfile
}

/** More rounds than any chain of stages can need. */
const rounds = 100

const planAll = async (
  store: Store,
  options: BuildOptions,
  dockerfile: ParsedDockerfile,
  signal: AbortSignal,
): Promise<readonly Diagnostic[]> => {
  using lease = await store.lease(signal)
  const images = createPlanImages(store.images, lease)
  const missingImages = new Set<string>()
  const request: PlanRequest = {
    ...planRequestOf(options, dockerfile, images),
    allStages: options.target === undefined,
    missingImages,
    // Nothing is fetched for a check.
    sourceTime: 'none',
  }
  for (let round = 0; round < rounds; round++) {
    const outcome = planBuild(request)
    if (outcome.kind === 'needs-time') return []
    if (outcome.kind !== 'needs')
      return await pointAtParts(options.dockerfile.text, dockerfile, outcome.diagnostics)
    for (const { reference, platform } of outcome.references) {
      try {
        // Of any platform: that it is another one is a check of the planner's.
        images.resolve(reference, platform)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        missingImages.add(reference)
      }
    }
  }
  return []
}

/** A SARIF 2.1.0 log of a report. `version` is that of this program. */
export const checkSarif = ({ findings, errors }: CheckReport, version: string): unknown =>
  sarifOf([...errors, ...findings], { name: 'tsbuild', version })

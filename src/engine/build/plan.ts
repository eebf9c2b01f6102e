import { parseDockerfile, pointAtParts, referenceOf } from '../../build/dockerfile/index.ts'
import {
  type ImageNeed,
  type Plan,
  type PlanRequest,
  planBuild,
  type TimeSource,
} from '../../build/graph/index.ts'
import { AppError, type Diagnostic, DiagnosticError, InternalError } from '../../foundation/errors/index.ts'
import type { PlanImages } from './images-for-plan.ts'
import { planRequestOf } from './plan-request.ts'
import type { BuildContextOptions, BuildOptions } from './types.ts'
import { warningsOf } from './warnings.ts'

export interface Planned {
  readonly plan: Plan
  readonly unusedBuildArgs: readonly string[]
}

export interface PlanContext extends Pick<BuildContextOptions, 'events'> {
  /** Seconds since the epoch, undefined when it has no time. Throws what fetching throws. */
  readonly timeOf: (source: TimeSource) => Promise<number | undefined>
}

/** More rounds than any chain of ONBUILD triggers and stages can need. */
const rounds = 100

/** Text to plan. The planner says which images it must know; they are looked up until it has all. Throws `DiagnosticError`. */
export const makePlan = async (
  options: BuildOptions,
  images: PlanImages,
  { events, timeOf }: PlanContext,
): Promise<Planned> => {
  const { dockerfile: source } = options
  const sources = new Map([[source.name, source.text]])
  const dockerfile = await parseDockerfile(source.text, { file: source.name })
  if (dockerfile.diagnostics.some((d) => d.severity === 'error'))
    throw new DiagnosticError(dockerfile.diagnostics, sources)

  const missing = new Map<string, MissingImage>()
  let request: PlanRequest = {
    ...planRequestOf(options, dockerfile, images),
    // What is wrong besides is told together with them.
    missingImages: { has: (reference) => missing.has(reference) },
  }
  for (let round = 0; round < rounds; round++) {
    const outcome = planBuild(request)
    switch (outcome.kind) {
      case 'plan':
        if (missing.size > 0) return refuse(missing, [], sources)
        for (const diagnostic of await warningsOf(options, dockerfile, outcome.diagnostics))
          events({ kind: 'diagnostic', diagnostic })
        return { plan: outcome.plan, unusedBuildArgs: outcome.unusedBuildArgs }
      case 'diagnostics':
        return refuse(missing, await pointAtParts(source.text, dockerfile, outcome.diagnostics), sources)
      case 'needs-time':
        request = { ...request, sourceTime: (await timeOf(outcome.of)) ?? 'none' }
        break
      case 'needs':
        await images.bring(outcome.references)
        for (const need of outcome.references) resolveNeed(need, images, source.name, missing)
    }
  }
  throw new InternalError(`plan ${source.name}: the planner still asks for images after ${rounds} rounds`)
}

interface MissingImage {
  readonly diagnostic: Diagnostic
  readonly error: AppError
}

/** A missing image is shown where the Dockerfile asks for it. */
const resolveNeed = (
  need: ImageNeed,
  images: PlanImages,
  file: string,
  missing: Map<string, MissingImage>,
): void => {
  try {
    images.resolve(need.reference, need.platform)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { code, message } = error
    const hint = need.near === undefined ? error.hint : `did you mean the stage ${need.near}?`
    const { range } = need
    const url = referenceOf('FROM')
    const diagnostic = { severity: 'error', code, message, file, range, ...(hint && { hint }), url } as const
    missing.set(need.reference, { diagnostic, error })
  }
}

/** All that is wrong, in file order; only missing images leave their own exit code. */
const refuse = (
  missing: ReadonlyMap<string, MissingImage>,
  others: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
): never => {
  const [first] = missing.values()
  const all = [...[...missing.values()].map(({ diagnostic }) => diagnostic), ...others]
  const inOrder = all.toSorted((a, b) => lineOf(a) - lineOf(b))
  if (first === undefined) throw new DiagnosticError(inOrder, sources)
  const { exitCode } = first.error
  throw new DiagnosticError(inOrder, sources, {
    ...(others.some(({ severity }) => severity === 'error') ? {} : { exitCode }),
    cause: first.error,
  })
}

const lineOf = ({ range }: Diagnostic): number => range?.start.line ?? 0

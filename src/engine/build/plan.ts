import { parseDockerfile } from '../../build/dockerfile/index.ts'
import { type ImageNeed, type Plan, planBuild, type TimeSource } from '../../build/graph/index.ts'
import { AppError, DiagnosticError, InternalError } from '../../foundation/errors/index.ts'
import type { PlanImages } from './images-for-plan.ts'
import { planRequestOf } from './plan-request.ts'
import type { BuildContextOptions, BuildOptions, DockerfileSource } from './types.ts'
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

  let request = planRequestOf(options, dockerfile, images)
  for (let round = 0; round < rounds; round++) {
    const outcome = planBuild(request)
    switch (outcome.kind) {
      case 'plan':
        for (const diagnostic of await warningsOf(options, dockerfile, outcome.diagnostics))
          events({ kind: 'diagnostic', diagnostic })
        return { plan: outcome.plan, unusedBuildArgs: outcome.unusedBuildArgs }
      case 'diagnostics':
        throw new DiagnosticError(outcome.diagnostics, sources)
      case 'needs-time':
        request = { ...request, sourceTime: (await timeOf(outcome.of)) ?? 'none' }
        break
      case 'needs':
        for (const need of outcome.references) resolveNeed(need, images, source)
    }
  }
  throw new InternalError(`plan ${source.name}: the planner still asks for images after ${rounds} rounds`)
}

/** A missing image is shown where the Dockerfile asks for it. */
const resolveNeed = (need: ImageNeed, images: PlanImages, source: DockerfileSource): void => {
  try {
    images.resolve(need.reference)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { code, message, exitCode } = error
    const hint = need.near === undefined ? error.hint : `did you mean the stage ${need.near}?`
    const diagnostic = {
      severity: 'error',
      code,
      message,
      file: source.name,
      range: need.range,
      ...(hint && { hint }),
    } as const
    throw new DiagnosticError([diagnostic], new Map([[source.name, source.text]]), { exitCode, cause: error })
  }
}

import { parseDockerfile } from '../../../../src/build/dockerfile/index.ts'
import { type PlanOutcome, type PlanRequest, planBuild } from '../../../../src/build/graph/index.ts'
import { type LintRequest, type LintResult, lintDockerfile } from '../../../../src/build/lint/index.ts'

const platform = { os: 'linux', architecture: 'amd64' }

/** Plans a text with no image known. */
export const planText = async (
  text: string,
  options: Partial<PlanRequest> = {},
): Promise<Exclude<PlanOutcome, { kind: 'needs' }>> => {
  const missingImages = new Set<string>()
  const dockerfile = await parseDockerfile(text, { file: 'Dockerfile' })
  const images = new Map()
  for (;;) {
    const outcome = planBuild({ dockerfile, buildArgs: {}, platform, images, missingImages, ...options })
    if (outcome.kind !== 'needs') return outcome
    for (const { reference } of outcome.references) missingImages.add(reference)
  }
}

/** All checks of a text, as `--check` makes them. */
export const checkText = async (text: string, options: Partial<LintRequest> = {}): Promise<LintResult> => {
  const dockerfile = await parseDockerfile(text, { file: 'Dockerfile' })
  const planned = await planText(text, {
    allStages: options.target === undefined,
    ...(options.target !== undefined && { target: options.target }),
  })
  return lintDockerfile({
    text,
    dockerfile,
    buildArgs: {},
    platform,
    allStages: options.target === undefined,
    others: planned.kind === 'needs-time' ? [] : planned.diagnostics,
    ...options,
  })
}

/** `Rule:line` of every finding. */
export const namesOf = ({ findings }: LintResult): readonly string[] =>
  findings.map(({ code, range }) => `${code}:${range?.start.line ?? 0}`)

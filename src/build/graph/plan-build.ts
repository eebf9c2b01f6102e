import { byCodeUnit } from '../../foundation/filetree/index.ts'
import { containerConfigOf } from './container-config.ts'
import { globalScope, isPredefined } from './global-scope.ts'
import { planStage } from './plan-stage.ts'
import { hasErrors, type Planning, planBudget, report } from './planning.ts'
import { resolveCopyFrom, resolveTarget } from './stage-links.ts'
import type { StageState } from './stage-state.ts'
import type { PlanOutcome, PlanRequest } from './types.ts'

/**
 * Plans what the target stage needs. Called again and again: as long as it answers `needs`, those images are to be
 * resolved and put into `images`. A pure function of its argument. Never throws for what the user wrote.
 */
export const planBuild = (request: PlanRequest): PlanOutcome => {
  if (hasErrors(request.dockerfile.diagnostics))
    return { kind: 'diagnostics', diagnostics: request.dockerfile.diagnostics }
  const planning = startPlanning(request)
  checkCopyLinks(planning)
  const target = resolveTarget(planning, request.target)
  if (!target || hasErrors(planning.diagnostics))
    return { kind: 'diagnostics', diagnostics: planning.diagnostics }
  const result = planStage(planning, target.index)
  if (hasErrors(planning.diagnostics)) return { kind: 'diagnostics', diagnostics: planning.diagnostics }
  if (typeof result === 'string') return { kind: 'needs', references: [...planning.needs.values()] }
  return {
    kind: 'plan',
    plan: {
      vertices: [...planning.vertices.values()],
      result: result.root,
      config: containerConfigOf(result.config, request.labels ?? {}),
      ...authorOf(result),
      platform: result.platform,
      history: result.history,
    },
    unusedBuildArgs: unusedBuildArgs(planning),
    diagnostics: planning.diagnostics,
  }
}

const startPlanning = (request: PlanRequest): Planning => {
  const buildArgs = new Map(Object.entries(request.buildArgs))
  const { stages, globalArgs } = request.dockerfile
  const start = {
    request,
    stages,
    buildArgs,
    vertices: new Map(),
    needs: new Map(),
    diagnostics: [],
    results: new Map(),
    declaredArgs: declaredArgs(request),
    budget: { characters: planBudget },
  }
  const empty: Planning = { ...start, globalArgs: new Map() }
  const scope = globalScope(request, buildArgs, (index, problem) =>
    report(empty, globalArgs[index]?.range, problem),
  )
  return { ...start, globalArgs: scope }
}

/** All stages, needed or not: a wrong --from is wrong whatever the target is. */
const checkCopyLinks = (planning: Planning): void => {
  for (const { index, instructions } of planning.stages) {
    for (const instruction of instructions) {
      if (instruction.kind === 'copy' && instruction.from !== undefined)
        resolveCopyFrom(planning, instruction.from, index, instruction.range)
    }
  }
}

const authorOf = ({ author }: StageState): { readonly author?: string } =>
  author === undefined ? {} : { author }

/** In the whole file: an ARG of a stage that is not needed is no reason to warn. */
const declaredArgs = ({ dockerfile }: PlanRequest): Set<string> => {
  const inStages = dockerfile.stages.flatMap((stage) => stage.instructions)
  const names = new Set<string>()
  for (const instruction of [...dockerfile.globalArgs, ...inStages])
    if (instruction.kind === 'arg') for (const arg of instruction.args) names.add(arg.name)
  return names
}

const unusedBuildArgs = (planning: Planning): readonly string[] =>
  [...planning.buildArgs.keys()]
    .filter((name) => !planning.declaredArgs.has(name) && !isPredefined(name))
    .sort(byCodeUnit)

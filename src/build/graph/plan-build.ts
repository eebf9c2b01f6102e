import { byCodeUnit } from '../../foundation/filetree/index.ts'
import { type PointedDiagnostic, type Stage, withReferences } from '../dockerfile/index.ts'
import { isBuiltInArg, readBuildArgSettings } from './build-arg-settings.ts'
import { checkLinks } from './check-links.ts'
import { containerConfigOf } from './container-config.ts'
import { contextNamesOf } from './context-names.ts'
import { globalScope, isProxyArg } from './global-scope.ts'
import { hasErrors, type Planning, planBudget, report, type StageResult } from './planning.ts'
import { findEpoch, withEpoch } from './source-date-epoch.ts'
import { resolveTarget } from './stage-links.ts'
import { planStages } from './stage-order.ts'
import { historyEntries, type StageState } from './stage-state.ts'
import type { Plan, PlanOutcome, PlanRequest } from './types.ts'

/**
 * Plans what the target stage needs. Called again and again: as long as it answers `needs`, those images are to be
 * resolved and put into `images`. A pure function of its argument. Never throws for what the user wrote.
 */
export const planBuild = (request: PlanRequest): PlanOutcome => {
  if (hasErrors(request.dockerfile.diagnostics)) return diagnosticsOf(request, request.dockerfile.diagnostics)
  const planning = startPlanning(request)
  if ('kind' in planning) return planning
  checkLinks(planning)
  const target = resolveTarget(planning, request.target)
  if (!target) return diagnosticsOf(request, planning.diagnostics)
  // Also after mistakes: what else is wrong is told in the same run.
  const result = planTarget(planning, target)
  if (planning.needs.size > 0) return { kind: 'needs', references: [...planning.needs.values()] }
  if (hasErrors(planning.diagnostics) || typeof result === 'string')
    return diagnosticsOf(request, planning.diagnostics)
  return {
    kind: 'plan',
    plan: planOf(planning, result),
    unusedBuildArgs: unusedBuildArgs(planning),
    diagnostics: planning.diagnostics,
  }
}

const diagnosticsOf = (
  { dockerfile }: PlanRequest,
  diagnostics: readonly PointedDiagnostic[],
): Extract<PlanOutcome, { readonly kind: 'diagnostics' }> => ({
  kind: 'diagnostics',
  diagnostics: withReferences(dockerfile, diagnostics),
})

const planTarget = (planning: Planning, target: Stage): StageResult => {
  if (planning.request.allStages) for (const { index } of planning.stages) planStages(planning, index)
  return planStages(planning, target.index)
}

const planOf = (planning: Planning, result: StageState): Plan => ({
  vertices: [...planning.vertices.values()],
  result: result.root,
  config: containerConfigOf(result.config, planning.request.labels ?? {}),
  ...(result.author === undefined ? {} : { author: result.author }),
  platform: planning.request.isPlatformGiven ? planning.request.platform : result.platform,
  history: historyEntries(result.history),
  ...(planning.epoch === undefined ? {} : { sourceDateEpoch: planning.epoch }),
})

const startPlanning = (
  request: PlanRequest,
): Planning | Extract<PlanOutcome, { readonly kind: 'needs-time' }> => {
  const buildArgs = new Map(Object.entries(request.buildArgs))
  const { stages, globalArgs } = request.dockerfile
  const start = {
    request,
    stages,
    stagesByName: stagesByName(stages),
    contextNames: contextNamesOf(request.contexts),
    buildArgs,
    settings: readBuildArgSettings(buildArgs),
    noCacheStages: new Set((request.noCacheFilter ?? []).map((name) => name.toLowerCase())),
    vertices: new Map(),
    needs: new Map(),
    diagnostics: [],
    bases: new Map(),
    links: new Map(),
    results: new Map(),
    declaredArgs: declaredArgs(request),
    reportedNames: new Set<string>(),
    budget: { characters: planBudget },
  }
  const empty: Planning = { ...start, globalArgs: new Map() }
  const scope = globalScope(request, buildArgs, (index, problem) =>
    report(empty, globalArgs[index]?.range, problem),
  )
  const epoch = findEpoch({ ...empty, globalArgs: scope })
  if (epoch.kind === 'ask') return { kind: 'needs-time', of: epoch.of }
  if (epoch.kind === 'bad') report(empty, epoch.range, epoch.problem)
  const seconds = epoch.kind === 'known' ? epoch.seconds : undefined
  return { ...withEpoch({ ...start, globalArgs: scope }, seconds), epoch: seconds }
}

const stagesByName = (stages: readonly Stage[]): ReadonlyMap<string, readonly number[]> => {
  const names = new Map<string, number[]>()
  for (const { name, index } of stages) {
    if (name === undefined) continue
    const known = names.get(name)
    if (known) known.push(index)
    else names.set(name, [index])
  }
  return names
}

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
    .filter((name) => !planning.declaredArgs.has(name) && !isProxyArg(name) && !isBuiltInArg(name))
    .sort(byCodeUnit)

import { fromsOf, resolveFrom } from './check-links.ts'
import { planStage, readTriggers } from './plan-stage.ts'
import type { Planning, StageResult } from './planning.ts'
import { baseOf } from './stage-base.ts'

/** Plans a stage and all that it needs, needed ones first. Stages need only earlier ones, so this ends; it does not recurse. */
export const planStages = (planning: Planning, target: number): StageResult => {
  const open = [target]
  for (let index = open.at(-1); index !== undefined; index = open.at(-1)) {
    const needed = planning.results.has(index) ? [] : unplannedOf(planning, index)
    if (needed.length > 0) {
      open.push(...needed.reverse())
      continue
    }
    open.pop()
    const stage = planning.stages[index]
    if (stage && !planning.results.has(index)) planning.results.set(index, planStage(planning, stage))
  }
  return planning.results.get(target) ?? 'failed'
}

/** First the stage that it is from, because that one's ONBUILD triggers may need others. */
const unplannedOf = (planning: Planning, index: number): number[] => {
  const stage = planning.stages[index]
  const base = stage && baseOf(planning, stage)
  if (!stage || !base || base.replaced) return []
  if (base.link.kind === 'stage' && !planning.results.has(base.link.index)) return [base.link.index]
  const triggered = readTriggers(planning, stage, base)
    .instructions.flatMap(fromsOf)
    .flatMap((from) => {
      const link = resolveFrom(planning, from, index)
      return link.kind === 'stage' && link.index < index ? [link.index] : []
    })
  const links = [...triggered, ...(planning.links.get(index) ?? [])]
  return [...new Set(links)].filter((link) => !planning.results.has(link))
}

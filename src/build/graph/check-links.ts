import type { Range } from '../../foundation/errors/index.ts'
import { fromOfMount, type StageInstruction } from '../dockerfile/index.ts'
import type { PlanProblem } from './plan-problem.ts'
import { type Planning, report } from './planning.ts'
import { baseOf } from './stage-base.ts'
import { type LinkOutcome, laterStage, resolveCopyFrom, resolveMountFrom } from './stage-links.ts'

/** A name that an instruction takes files from. */
export interface From {
  readonly text: string
  readonly range: Range
  readonly by: 'copy' | 'mount'
}

/** All names that an instruction takes files from. */
export const fromsOf = (instruction: StageInstruction): readonly From[] => {
  const { range } = instruction
  if (instruction.kind === 'copy' && instruction.from !== undefined)
    return [{ text: instruction.from, range, by: 'copy' }]
  if (instruction.kind !== 'run') return []
  return instruction.mounts.flatMap((mount): readonly From[] => {
    const text = fromOfMount(mount.text)
    return text === undefined ? [] : [{ text, range: mount.range, by: 'mount' }]
  })
}

/** The range of a mount is that of its flag already. */
export const partOf = ({ by }: From): Pick<PlanProblem, 'part'> =>
  by === 'copy' ? { part: { flag: 'from' } } : {}

export const resolveFrom = (planning: Planning, { text, by }: From, own: number): LinkOutcome =>
  by === 'copy' ? resolveCopyFrom(planning, text, own) : resolveMountFrom(planning, text)

/**
 * All stages, needed or not: as in docker, a wrong FROM or --from is wrong whatever the target is, and so are stages that need
 * each other. Only "defined later" is no mistake of a stage that is not built.
 */
export const checkLinks = (planning: Planning): void => {
  const graph = new Map<number, readonly Edge[]>()
  for (const stage of planning.stages) {
    baseOf(planning, stage)
    const edges = stage.instructions.flatMap(fromsOf).flatMap((from) => edgeOf(planning, from, stage.index))
    planning.links.set(
      stage.index,
      edges.map(({ to }) => to).filter((to) => to < stage.index),
    )
    if (edges.length > 0) graph.set(stage.index, edges)
  }
  reportCycles(planning, graph)
}

interface Edge {
  readonly to: number
  readonly from: From
}

const edgeOf = (planning: Planning, from: From, own: number): readonly Edge[] => {
  const link = resolveFrom(planning, from, own)
  if (link.kind === 'bad') report(planning, from.range, { ...link.problem, ...partOf(from) })
  else if (link.kind === 'stage' && link.index === own)
    report(planning, from.range, { ...laterStage(from.text, own, own), ...partOf(from) })
  return link.kind === 'stage' && link.index !== own ? [{ to: link.index, from }] : []
}

/** Depth first, without recursion: 10,000 stages may hang on each other. */
const reportCycles = (planning: Planning, graph: ReadonlyMap<number, readonly Edge[]>): void => {
  const done = new Set<number>()
  for (const start of graph.keys()) {
    if (done.has(start)) continue
    const path = [{ stage: start, next: 0 }]
    const open = new Set([start])
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const edge = graph.get(top.stage)?.[top.next++]
      if (!edge) {
        path.pop()
        open.delete(top.stage)
        done.add(top.stage)
      } else if (open.has(edge.to)) reportCycle(planning, edge.from)
      else if (!done.has(edge.to)) {
        path.push({ stage: edge.to, next: 0 })
        open.add(edge.to)
      }
    }
  }
}

const reportCycle = (planning: Planning, from: From): void => {
  const { text, range } = from
  report(planning, range, {
    ...partOf(from),
    code: 'dependency-cycle',
    message: `expected stages that do not need each other, found that ${text} needs this one as well`,
    hint: 'move what both need into a stage of its own above them',
  })
}

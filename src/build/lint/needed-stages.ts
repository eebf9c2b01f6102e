import type { Stage } from '../dockerfile/index.ts'
import { expandWith, fromScope } from './from-scope.ts'
import { mountFields } from './mount-fields.ts'
import type { StageRequest } from './types.ts'

/** How stages hang together. */
export interface StageLinks {
  /** The target; undefined when there is no such stage. */
  readonly target: Stage | undefined
  /** Indices of the stages that the target needs, itself included. */
  readonly needed: ReadonlySet<number>
  /** Indices of the stages whose layers become those of the target. */
  readonly inImage: ReadonlySet<number>
  /** The stage that a FROM names. */
  baseOf(stage: Stage): Stage | undefined
}

/** Follows FROM, COPY --from and RUN --mount from the target. Names that are no stage are images. */
export const linkStages = (request: StageRequest): StageLinks => {
  const { stages, escape: escapeCharacter } = request.dockerfile
  const byName = (name: string, before: number): Stage | undefined =>
    stages.findLast((stage) => stage.index < before && stage.name === name.toLowerCase())
  const byNameOrNumber = (name: string, before: number): Stage | undefined =>
    byName(name, before) ?? (/^\d+$/.test(name) && Number(name) < before ? stages[Number(name)] : undefined)
  const scope = fromScope(request)
  const bases = new Map<number, Stage | undefined>()
  const baseOf = (stage: Stage): Stage | undefined => {
    if (!bases.has(stage.index)) {
      const image = expandWith(stage.from.image, escapeCharacter, scope)
      bases.set(stage.index, image === undefined ? undefined : byName(image, stage.index))
    }
    return bases.get(stage.index)
  }
  const target = request.target ? byNameOrNumber(request.target, stages.length) : stages.at(-1)
  const inImage = new Set<number>()
  for (let at = target; at; at = baseOf(at)) inImage.add(at.index)
  const needed = new Set<number>()
  const waiting = target ? [target] : []
  for (let stage = waiting.pop(); stage; stage = waiting.pop()) {
    if (needed.has(stage.index)) continue
    needed.add(stage.index)
    const base = baseOf(stage)
    if (base) waiting.push(base)
    for (const name of sourcesOf(stage)) {
      const source = byNameOrNumber(name, stage.index)
      if (source) waiting.push(source)
    }
  }
  return { target, needed, inImage, baseOf }
}

const sourcesOf = (stage: Stage): readonly string[] =>
  stage.instructions.flatMap((instruction) => {
    if (instruction.kind === 'copy') return instruction.from ?? []
    if (instruction.kind !== 'run') return []
    return instruction.mounts.flatMap((mount) => mountFields(mount.text).get('from') ?? [])
  })

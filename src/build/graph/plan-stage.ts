import type { Range } from '../../foundation/errors/index.ts'
import { parseTrigger, type Stage, type StageInstruction } from '../dockerfile/index.ts'
import { applyInstruction } from './apply.ts'
import { hasErrors, type Planning, report } from './planning.ts'
import { type Base, imageOf, readBase, sourceVertex } from './stage-base.ts'
import { resolveCopyFrom } from './stage-links.ts'
import { emptyState, type StageState, stateFromImage, stateFromStage } from './stage-state.ts'
import type { CopyFrom, Step } from './step.ts'
import { createStepNames } from './step-names.ts'

type Result = StageState | 'waiting' | 'failed'

/** Plans a stage and what it needs, once. Stages refer only to earlier ones, so this ends. */
export const planStage = (planning: Planning, index: number): Result => {
  const known = planning.results.get(index)
  if (known) return known
  const stage = planning.stages[index]
  const result = stage ? planOnce(planning, stage) : 'failed'
  planning.results.set(index, result)
  return result
}

const planOnce = (planning: Planning, stage: Stage): Result => {
  const errorsBefore = planning.diagnostics.length
  const base = readBase(planning, stage)
  const started = base ? startStage(planning, stage, base) : 'failed'
  if (typeof started === 'string') {
    // Other images that it needs can be asked for at the same time.
    for (const instruction of stage.instructions) visitFrom(planning, stage, instruction)
    return started
  }
  const { state, triggers, fromImage } = started
  const instructions = [...triggers, ...stage.instructions]
  const names = createStepNames(stage, planning.stages, instructions, fromImage !== undefined)
  if (fromImage) state.root = fromImage(names.next)
  let waiting = false
  const resolveFrom = (from: string, range: Range): CopyFrom => {
    const found = copyRoot(planning, stage, from, range)
    waiting ||= found.kind === 'unresolved'
    return found
  }
  const step: Step = { planning, state, names, noCache: isNoCache(planning, stage), resolveFrom }
  for (const instruction of instructions) {
    if (planning.budget.characters < 0) return reportTooLarge(planning, stage)
    applyInstruction(step, instruction)
  }
  if (hasErrors(planning.diagnostics.slice(errorsBefore))) return 'failed'
  return waiting ? 'waiting' : state
}

interface Started {
  readonly state: StageState
  /** ONBUILD triggers of the base. */
  readonly triggers: readonly StageInstruction[]
  /** Makes the vertex of the base image, named by the stage. */
  readonly fromImage: ((name: (text: string) => string) => NonNullable<StageState['root']>) | undefined
}

const startStage = (planning: Planning, stage: Stage, base: Base): Started | 'waiting' | 'failed' => {
  switch (base.kind) {
    case 'scratch':
      return { state: emptyState(planning.request.platform), triggers: [], fromImage: undefined }
    case 'stage': {
      const from = planStage(planning, base.index)
      if (typeof from === 'string') return from
      const triggers = readTriggers(planning, stage, from.config.onBuild)
      return { state: stateFromStage(from), triggers, fromImage: undefined }
    }
    case 'image': {
      const { range, text } = stage.from
      const image = imageOf(planning, base, base.platform, range)
      if (!image) return 'waiting'
      return {
        state: stateFromImage(image),
        triggers: readTriggers(planning, stage, image.config.config?.OnBuild ?? []),
        fromImage: (name) =>
          sourceVertex(planning, base.reference, image, { name, range, instruction: text }),
      }
    }
  }
}

const readTriggers = (
  planning: Planning,
  stage: Stage,
  triggers: readonly string[],
): readonly StageInstruction[] => {
  const { file } = planning.request.dockerfile
  return triggers.flatMap((text) => {
    const { instruction, diagnostics } = parseTrigger(text, { file, range: stage.from.range })
    planning.diagnostics.push(...diagnostics)
    return instruction ?? []
  })
}

const copyRoot = (planning: Planning, stage: Stage, from: string, range: Range): CopyFrom => {
  const link = resolveCopyFrom(planning, from, stage.index, range)
  if (!link) return { kind: 'unresolved' }
  if (link.kind === 'stage') {
    const result = planStage(planning, link.index)
    return typeof result === 'string' ? { kind: 'unresolved' } : { kind: 'vertex', root: result.root }
  }
  const image = imageOf(planning, link, planning.request.platform, range)
  if (!image) return { kind: 'unresolved' }
  const name = (text: string): string => text
  return {
    kind: 'vertex',
    root: sourceVertex(planning, link.reference, image, { name, range, instruction: `COPY --from=${from}` }),
  }
}

const visitFrom = (planning: Planning, stage: Stage, instruction: StageInstruction): void => {
  if (instruction.kind === 'copy' && instruction.from !== undefined)
    copyRoot(planning, stage, instruction.from, instruction.range)
}

const isNoCache = ({ request }: Planning, stage: Stage): boolean =>
  request.noCache === true ||
  (request.noCacheFilter ?? []).some(
    (name) => name.toLowerCase() === stage.name || name === String(stage.index),
  )

const reportTooLarge = (planning: Planning, stage: Stage): 'failed' => {
  report(planning, stage.from.range, {
    code: 'too-complex',
    message: 'expected variables of a reasonable size, found that they make the build grow without end',
    hint: 'an ENV that contains itself twice doubles with every line',
  })
  return 'failed'
}

import type { Diagnostic } from '../../foundation/errors/index.ts'
import { parseTrigger, type Stage, type StageInstruction } from '../dockerfile/index.ts'
import { applyInstruction } from './apply.ts'
import { fromsOf } from './check-links.ts'
import { sourceOf } from './from-source.ts'
import {
  checkPlatform,
  imageOf,
  imageVertex,
  knownImage,
  layersVertex,
  localFilesVertex,
} from './input-vertices.ts'
import type { Base, Link } from './link-types.ts'
import { chargeEntries, hasErrors, type Planning, report, type StageResult } from './planning.ts'
import { baseOf } from './stage-base.ts'
import {
  emptyState,
  entriesOf,
  type HistoryList,
  historyOf,
  type StageState,
  stateFromImage,
  stateFromStage,
} from './stage-state.ts'
import type { Step } from './step.ts'
import { createStepNames, type StepNames } from './step-names.ts'
import type { VertexId } from './types.ts'

/** Plans one stage; those that it needs are planned already. */
export const planStage = (planning: Planning, stage: Stage): StageResult => {
  const diagnosticsBefore = planning.diagnostics.length
  const base = baseOf(planning, stage)
  const triggers = base && readTriggers(planning, stage, base)
  if (triggers) planning.diagnostics.push(...triggers.diagnostics)
  const started = base ? startStage(planning, stage, base) : 'failed'
  if (typeof started === 'string') {
    // Other images that it needs can be asked for at the same time.
    for (const instruction of stage.instructions)
      for (const from of fromsOf(instruction)) sourceOf(planning, stage.index, from)
    return started
  }
  const { state, fromImage } = started
  // A context in the place of a stage is all of it: neither the stage's instructions nor triggers are done.
  const instructions = base?.replaced ? [] : [...(triggers?.instructions ?? []), ...stage.instructions]
  // A named context counts as well, though its vertex has a name of its own.
  const counted = base?.link.kind === 'image' || base?.link.kind === 'context'
  const platform = planning.request.platformInNames ? base?.platform : undefined
  const names = createStepNames(stage, planning.stages, instructions, counted, platform)
  if (fromImage) state.root = fromImage(names)
  let waiting = false
  const step: Step = {
    planning,
    state,
    names,
    noCache: isNoCache(planning, stage),
    resolveFrom: (text, range, by) => {
      const found = sourceOf(planning, stage.index, { text, range, by })
      waiting ||= found.kind === 'unresolved'
      return found
    },
  }
  for (const instruction of instructions) {
    if (planning.budget.characters < 0) return reportTooLarge(planning, stage)
    applyInstruction(step, instruction)
  }
  if (hasErrors(planning.diagnostics.slice(diagnosticsBefore))) return 'failed'
  return waiting ? 'waiting' : state
}

interface Started {
  readonly state: StageState
  /** Makes the vertex of the base image, which counts as a step. */
  readonly fromImage?: (names: StepNames) => VertexId
}

const startStage = (planning: Planning, stage: Stage, base: Base): Started | 'waiting' | 'failed' => {
  const { link } = base
  const asked = { range: stage.from.range, instruction: stage.from.text }
  const empty = (root?: VertexId, layers = 0): Started => {
    const state = {
      ...emptyState(planning.request.platform),
      root,
      history: root === undefined ? undefined : contextHistory(link, root, layers),
    }
    if (base.replaced) state.config.workingDir = ''
    return { state }
  }
  switch (link.kind) {
    case 'scratch':
      return empty()
    case 'stage': {
      const from = planning.results.get(link.index) ?? 'failed'
      if (typeof from === 'string') return from
      chargeEntries(planning, entriesOf(from))
      if (planning.budget.characters < 0) return reportTooLarge(planning, stage)
      return { state: stateFromStage(from) }
    }
    case 'image':
      return startFromImage(planning, stage, base, link.reference)
    case 'context':
      switch (link.source.kind) {
        case 'local':
          return empty(localFilesVertex(planning, link.name, '/', asked), 1)
        case 'layers':
          return empty(layersVertex(planning, link.name, link.source, asked), link.source.layers.length)
        case 'image':
          return link.source.reference === 'scratch'
            ? empty()
            : startFromImage(planning, stage, base, link.source.reference)
      }
  }
}

/** Each layer needs an entry. Docker says the same, though at the end of the history. */
const contextHistory = (link: Link, vertex: VertexId, layers: number): HistoryList => {
  const name = link.kind === 'context' ? link.name : ''
  const entry = { created_by: `local source for ${name}`, comment: 'buildkit.exporter.image.v0', vertex }
  return historyOf(Array.from({ length: layers }, () => entry))
}

const startFromImage = (
  planning: Planning,
  stage: Stage,
  { image: written, link, platform }: Base,
  reference: string,
): Started | 'waiting' => {
  const { range, text } = stage.from
  const image = imageOf(planning, reference, platform, range)
  if (image === 'waiting') return 'waiting'
  if (image === 'missing') return { state: emptyState(platform) }
  if (link.kind === 'image') checkPlatform(planning, { image: written, platform, range }, image)
  const fromImage = ({ next }: StepNames): VertexId =>
    imageVertex(planning, reference, image, { name: next, range, instruction: text })
  return { state: stateFromImage(image), fromImage }
}

/** ONBUILD triggers of what the stage is from, as far as that is known. */
export const readTriggers = (
  planning: Planning,
  stage: Stage,
  base: Base,
): { readonly instructions: readonly StageInstruction[]; readonly diagnostics: readonly Diagnostic[] } => {
  const { file } = planning.request.dockerfile
  const read = triggersOf(planning, base).map((text) => parseTrigger(text, { file, range: stage.from.range }))
  return {
    instructions: read.flatMap(({ instruction }) => instruction ?? []),
    diagnostics: read.flatMap(({ diagnostics }) => diagnostics),
  }
}

const triggersOf = (planning: Planning, { link, replaced, platform }: Base): readonly string[] => {
  if (replaced) return []
  if (link.kind === 'stage') {
    const from = planning.results.get(link.index) ?? 'failed'
    return typeof from === 'string' ? [] : from.config.onBuild
  }
  const reference =
    link.kind === 'image'
      ? link.reference
      : link.kind === 'context' && link.source.kind === 'image'
        ? link.source.reference
        : undefined
  return (reference !== undefined && knownImage(planning, reference, platform)?.config.config?.OnBuild) || []
}

const isNoCache = ({ request, noCacheStages }: Planning, { name, index }: Stage): boolean =>
  request.noCache === true ||
  noCacheStages.has(String(index)) ||
  (name !== undefined && noCacheStages.has(name))

const reportTooLarge = (planning: Planning, stage: Stage): 'failed' => {
  report(planning, stage.from.range, {
    code: 'too-complex',
    message: 'expected variables of a reasonable size, found that they make the build grow without end',
    hint: 'an ENV that contains itself twice doubles with every line',
  })
  return 'failed'
}

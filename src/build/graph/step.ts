import type { Range } from '../../foundation/errors/index.ts'
import type { StageInstruction } from '../dockerfile/index.ts'
import type { Source } from './from-source.ts'
import type { InputIndex, Op } from './op-types.ts'
import type { Planning } from './planning.ts'
import type { StageState } from './stage-state.ts'
import type { StepNames } from './step-names.ts'
import type { PlannedHistory, VertexId } from './types.ts'
import { addVertex } from './vertex.ts'

/** What applying an instruction may use and change. */
export interface Step {
  readonly planning: Planning
  readonly state: StageState
  readonly names: StepNames
  readonly noCache: boolean
  readonly resolveFrom: (from: string, range: Range, by: 'copy' | 'mount') => Source
}

/** Docker marks every history entry that BuildKit made. */
const comment = 'buildkit.dockerfile.v0'

/** History of an instruction that changes only the config. */
export const recordMetadata = (step: Step, text: string): void => {
  record(step, { created_by: text, comment, empty_layer: true })
}

const record = ({ planning, state }: Step, entry: PlannedHistory): void => {
  planning.budget.characters -= entry.created_by?.length ?? 0
  state.history = { entry, before: state.history }
}

/** Adds the vertex of an instruction that makes a layer, and its history. */
export const addStep = (
  step: Step,
  instruction: StageInstruction,
  work: {
    readonly name: string
    readonly history: string
    readonly op: Op
    readonly inputs: readonly VertexId[]
  },
): void => {
  const { planning, state } = step
  const id = addVertex(planning, {
    name: step.names.next(work.name),
    op: work.op,
    inputs: work.inputs,
    source: {
      file: planning.request.dockerfile.file,
      range: instruction.range,
      instruction: instruction.text,
    },
    ...(step.noCache ? { noCache: true } : {}),
  })
  state.root = id
  record(step, { created_by: work.history, comment, vertex: id })
}

/** Inputs of a step in the making: its root first, each vertex once. */
export interface Inputs {
  readonly root: InputIndex
  readonly list: readonly VertexId[]
  /** Undefined is the empty root. */
  add(id: VertexId | undefined): InputIndex
}

export const createInputs = ({ root }: StageState): Inputs => {
  const list: VertexId[] = root === undefined ? [] : [root]
  return {
    root: root === undefined ? undefined : 0,
    list,
    add: (id) => {
      if (id === undefined) return undefined
      const known = list.indexOf(id)
      return known >= 0 ? known : list.push(id) - 1
    },
  }
}

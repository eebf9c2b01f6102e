import type { Range } from '../../foundation/errors/index.ts'
import type { StageInstruction } from '../dockerfile/index.ts'
import type { Planning } from './planning.ts'
import type { StageState } from './stage-state.ts'
import type { StepNames } from './step-names.ts'
import type { Op, VertexId } from './types.ts'
import { addVertex } from './vertex.ts'

/** Where COPY --from leads. */
export type CopyFrom =
  | { readonly kind: 'vertex'; readonly root: VertexId | undefined }
  /** Not known yet, or a problem that was reported. */
  | { readonly kind: 'unresolved' }

/** What applying an instruction may use and change. */
export interface Step {
  readonly planning: Planning
  readonly state: StageState
  readonly names: StepNames
  readonly noCache: boolean
  readonly resolveFrom: (from: string, range: Range) => CopyFrom
}

/** Docker marks every history entry that BuildKit made. */
const comment = 'buildkit.dockerfile.v0'

/** History of an instruction that changes only the config. */
export const recordMetadata = (state: StageState, text: string): void => {
  state.history.push({ created_by: text, comment, empty_layer: true })
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
  state.history.push({ created_by: work.history, comment, vertex: id })
}

/** The root as first input. */
export const rootInput = (
  state: StageState,
): { readonly root: number | undefined; readonly inputs: readonly VertexId[] } =>
  state.root === undefined ? { root: undefined, inputs: [] } : { root: 0, inputs: [state.root] }

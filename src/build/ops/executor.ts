import { assertNever, InternalError } from '../../foundation/errors/index.ts'
import type { Digest } from '../../foundation/oci/index.ts'
import type { Stack, TreesSeen } from '../../store/snapshot/index.ts'
import type { BuildContext } from '../context/index.ts'
import type { InputIndex } from '../graph/index.ts'
import type { Executor } from '../solver/index.ts'
import { prepareExec } from './exec-op.ts'
import type { FetchEnvironment } from './fetch-environment.ts'
import { prepareFile } from './file-step.ts'
import { createLayerLooks } from './layer-looks.ts'
import { prepareFetch } from './prepare-fetch.ts'
import { prepareLayers, prepareSource } from './source-op.ts'
import type { ExecEnvironment, StepResult } from './types.ts'

export interface ExecutorOptions {
  readonly exec: ExecEnvironment
  /** Called when the first step fetches something. */
  readonly fetch: () => Promise<Pick<FetchEnvironment, 'remote' | 'urls'>>
  /** Opened when the first step asks. */
  readonly context: (name: string) => BuildContext
  /** Layers of an image that the plan names by its manifest. */
  readonly stackOf: (manifest: Digest) => Stack | undefined
}

/** Does every kind of op that a plan can hold. */
export const createExecutor = (options: ExecutorOptions): Executor<StepResult> => {
  const { exec, stackOf, context: contextOf } = options
  const layers = createLayerLooks(exec.snapshots)
  const trees: TreesSeen = new Map()
  return {
    prepare: (vertex, inputs, context) => {
      const stackAt = (input: InputIndex): Stack => {
        if (input === undefined) return []
        const result = inputs[input]
        if (!result) throw new InternalError(`prepare ${vertex.name}: it has no input ${input}`)
        return result.stack
      }
      const { op } = vertex
      return Promise.resolve().then(() => {
        switch (op.kind) {
          case 'source':
            return prepareSource(op, stackOf)
          case 'layers':
            return prepareLayers(op)
          // Loaded by builds that fetch something.
          case 'http':
          case 'git':
            return options
              .fetch()
              .then((fetch) =>
                prepareFetch(op, { id: vertex.id, context, environment: { ...fetch, ...exec } }),
              )
          case 'exec':
            return prepareExec(op, stackAt, { vertex, context, environment: exec, trees })
          case 'file':
            return prepareFile(op, stackAt, { context, environment: { ...exec, layers, context: contextOf } })
          default:
            return assertNever(op)
        }
      })
    },
  }
}

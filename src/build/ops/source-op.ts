import { AppError, InternalError } from '../../foundation/errors/index.ts'
import type { Digest } from '../../foundation/oci/index.ts'
import type { LayerId, Stack } from '../../store/snapshot/index.ts'
import type { LayersOp, SourceOp } from '../graph/index.ts'
import type { PreparedStep } from '../solver/index.ts'
import type { StepResult } from './types.ts'

/** The root file system of an image that the engine has resolved: nothing to do, nothing to remember. */
export const prepareSource = (
  op: SourceOp,
  stackOf: (manifest: Digest) => Stack | undefined,
): PreparedStep<StepResult> => ({
  components: [],
  execute: () => {
    const stack = stackOf(op.manifest)
    if (!stack) throw new AppError('image-gone', `use image ${op.reference}: it is no longer in the store`)
    return Promise.resolve({ stack })
  },
})

/** What the engine has put into the store for this build, held by its lease. */
export const prepareLayers = (op: LayersOp): PreparedStep<StepResult> => ({
  components: [],
  execute: () => {
    const stack = op.layers.filter(isLayerId)
    if (stack.length < op.layers.length)
      throw new InternalError(`use ${op.shown}: expected ids of layers, found ${op.layers.join(', ')}`)
    return Promise.resolve({ stack })
  },
})

const isLayerId = (text: string): text is LayerId => /^[0-9a-f]{32}$/.test(text)

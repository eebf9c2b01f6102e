import { AppError } from '../../foundation/errors/index.ts'
import type { Digest } from '../../foundation/oci/index.ts'
import type { Stack } from '../../store/snapshot/index.ts'
import type { SourceOp } from '../graph/index.ts'
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

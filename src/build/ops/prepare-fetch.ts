import type { GitOp, HttpOp } from '../graph/index.ts'
import type { PreparedStep } from '../solver/index.ts'
import type { FetchStep } from './http-op.ts'
import type { StepResult } from './types.ts'

/** Prepares what is fetched; the code for it is loaded when it is needed. See `prepareHttp` and `prepareGit`. */
export const prepareFetch = async (op: HttpOp | GitOp, step: FetchStep): Promise<PreparedStep<StepResult>> =>
  op.kind === 'git'
    ? (await import('./git-op.ts')).prepareGit(op, step)
    : (await import('./http-op.ts')).prepareHttp(op, step)

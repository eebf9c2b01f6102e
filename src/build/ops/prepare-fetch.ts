import type { GitOp, HttpOp } from '../graph/index.ts'
import type { FetchStep, PreparedFetch } from './http-op.ts'

/** Prepares what is fetched; the code for it is loaded when it is needed. See `prepareHttp` and `prepareGit`. */
export const prepareFetch = async (op: HttpOp | GitOp, step: FetchStep): Promise<PreparedFetch> =>
  op.kind === 'git'
    ? (await import('./git-op.ts')).prepareGit(op, step)
    : (await import('./http-op.ts')).prepareHttp(op, step)

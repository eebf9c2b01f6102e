/** Stages, args and target -> immutable DAG of ops. Pure. */
export { planBuild } from './plan-build.ts'
export type {
  CopyAction,
  ExecOp,
  FileAction,
  FileOp,
  ImageNeed,
  InputIndex,
  MkdirAction,
  Op,
  Plan,
  PlannedHistory,
  PlanOutcome,
  PlanRequest,
  ResolvedImage,
  SourceOp,
  Vertex,
  VertexId,
  WriteAction,
} from './types.ts'

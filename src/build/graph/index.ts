/** Stages, args and target -> immutable DAG of ops. Pure. */

export { imageKey } from './input-vertices.ts'
export type {
  BindMount,
  CacheMount,
  CopyAction,
  CopySourceRef,
  ExecMount,
  ExecOp,
  FileAction,
  FileMount,
  FileOp,
  GitOp,
  HttpOp,
  InputIndex,
  LayersOp,
  MkdirAction,
  Op,
  SecretMount,
  SourceOp,
  SshMount,
  TmpfsMount,
  WriteAction,
} from './op-types.ts'
export { planBuild } from './plan-build.ts'
export type {
  ContextSource,
  Entitlement,
  ImageNeed,
  Plan,
  PlannedHistory,
  PlanOutcome,
  PlanRequest,
  ResolvedImage,
  TimeSource,
  Vertex,
  VertexId,
} from './types.ts'

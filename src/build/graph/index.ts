/** Stages, args and target -> immutable DAG of ops. Pure. */
export type {
  CopyAction,
  ExecOp,
  FileAction,
  FileOp,
  InputIndex,
  MkdirAction,
  Op,
  Plan,
  PlannedHistory,
  ResolvedImage,
  SourceOp,
  Vertex,
  VertexId,
  WriteAction,
} from './types.ts'

/** One executor per kind of op: source, exec (RUN), file (COPY, ADD, WORKDIR). */
export { createExecutor, type ExecutorOptions } from './executor.ts'
export type { FetchEnvironment } from './fetch-environment.ts'
export { executeFileOp, type FileOpRequest, type FileOpResult, planFileOp } from './file-op.ts'
export { fileOpKey } from './file-op-key.ts'
export type { PreparedFetch } from './http-op.ts'
export { lookUpUser } from './image-users.ts'
export { prepareFetch } from './prepare-fetch.ts'
export { StepFailed, type StepSource } from './step-failed.ts'
export type {
  ExecEnvironment,
  PlaceWishes,
  RunStep,
  SecretSource,
  StepAgent,
  StepCgroup,
  StepNetwork,
  StepPlace,
  StepResult,
} from './types.ts'

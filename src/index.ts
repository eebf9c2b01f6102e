/** tsbuild as a library: the use cases of the programs, with typed events instead of text. */
export {
  type BuildContextOptions,
  type BuildOptions,
  type BuildOutput,
  type BuildResult,
  build,
  type DockerfileSource,
  findDockerfile,
  openStore,
  StepFailed,
  type Store,
  type StoreOptions,
  writeOutput,
} from './engine/index.ts'
export { AppError, type Diagnostic, DiagnosticError } from './foundation/errors/index.ts'
export type { ProgressEvent, ProgressSink } from './foundation/events/index.ts'
export { parseReference, type Reference } from './foundation/oci/index.ts'

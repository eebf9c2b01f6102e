/** tsbuild as a library: the use cases of the programs, with typed events instead of text. */
import { checkCases, type Store, type StoreReport, type VerifyOptions } from './engine/index.ts'

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
  type StoreReport,
  type VerifyOptions,
  writeOutput,
} from './engine/index.ts'
export { AppError, type Diagnostic, DiagnosticError } from './foundation/errors/index.ts'
export type { ProgressEvent, ProgressSink } from './foundation/events/index.ts'
export { parseReference, type Reference } from './foundation/oci/index.ts'

/** Looks at all that a store holds, and repairs it when that is asked for (docs/store.md). */
export const verifyStore = async (store: Store, options: VerifyOptions = {}): Promise<StoreReport> =>
  (await checkCases()).verifyStore(store, options)

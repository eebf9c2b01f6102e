/** The use cases. The only place where rooms are wired together. */
export { StepFailed } from '../build/ops/index.ts'
export { build } from './build/build.ts'
export { findDockerfile } from './build/find-dockerfile.ts'
export type { BuildContextOptions, BuildOptions, BuildResult, DockerfileSource } from './build/types.ts'

/** Image config and options -> OCI runtime-spec config.json; seccomp profile -> BPF; users. Pure. */
export { allCapabilities, capabilitiesInMask, defaultCapabilities } from './capabilities.ts'
export { createSpec } from './create-spec.ts'
export { createStepSpec } from './create-step-spec.ts'
export { compileSeccomp } from './seccomp/compile.ts'
export { defaultSeccompProfile } from './seccomp/default-profile.ts'
export type { DockerSeccompProfile, SeccompHost } from './seccomp/profile-types.ts'
export type { BundleHost, BundleOptions, ResolvedUser, StepOptions } from './types.ts'
export { resolveGroup, resolveUser } from './users.ts'

/** Image config and options -> OCI runtime-spec config.json; seccomp profile -> BPF; users. Pure. */
export type { BundleOptions, ResolvedUser } from './types.ts'

/** Comparison of one argument; names as libseccomp's. For MASKED_EQ `value` is the mask and `valueTwo` the wanted bits. */
export interface SeccompArgument {
  /** 0..5 */
  readonly index: number
  /** Unsigned 64 bit; bigint where a number would lose digits. */
  readonly value: number | bigint
  readonly valueTwo?: number | bigint
  /** SCMP_CMP_NE, LT, LE, EQ, GE, GT or MASKED_EQ. */
  readonly op: string
}

/** When a group applies. In `includes` every member must hold; any member of `excludes` that holds drops the group. */
export interface SeccompCondition {
  /** Capabilities of the bounding set. */
  readonly caps?: readonly string[]
  /** Docker's names of the host's architecture: `amd64`, `arm64`, `arm`, `x86`. */
  readonly arches?: readonly string[]
  /** `MAJOR.MINOR` */
  readonly minKernel?: string
}

export interface SeccompGroup {
  readonly names: readonly string[]
  readonly action: string
  readonly errnoRet?: number
  readonly args?: readonly SeccompArgument[]
  readonly includes?: SeccompCondition
  readonly excludes?: SeccompCondition
}

/** Docker's profile format (`--security-opt seccomp=FILE`). */
export interface DockerSeccompProfile {
  readonly defaultAction: string
  readonly defaultErrnoRet?: number
  readonly archMap?: readonly {
    readonly architecture: string
    readonly subArchitectures?: readonly string[] | null
  }[]
  /** Instead of archMap: exactly these. */
  readonly architectures?: readonly string[]
  readonly syscalls: readonly SeccompGroup[]
}

/** What the profile's conditions are asked about. */
export interface SeccompHost {
  /** OCI name of the machine: amd64, 386, arm64 or arm. */
  readonly architecture: string
  /** Bounding set of the process: `CAP_CHOWN`, ... */
  readonly capabilities: readonly string[]
  /** As uname shows it: `6.1.0-13-amd64`. */
  readonly kernelVersion: string
}

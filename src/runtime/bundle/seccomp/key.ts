import { canonicalJson, digestOf, hexOf } from '../../../foundation/oci/index.ts'
import { compilerVersion } from './compile.ts'
import type { DockerSeccompProfile, SeccompHost } from './profile-types.ts'

/**
 * Names the program that `compileSeccomp` makes of the same arguments (64 hex digits), for keeping it: compiling takes
 * milliseconds, reading it back does not. Capabilities count as a set, and of the kernel only MAJOR.MINOR.
 */
export const seccompKey = (profile: DockerSeccompProfile, host: SeccompHost): string => {
  const text = canonicalJson({
    compilerVersion,
    profile: JSON.stringify(profile, (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : value,
    ),
    architecture: host.architecture,
    capabilities: [...new Set(host.capabilities)].sort(),
    kernel: /^\d+\.\d+/.exec(host.kernelVersion)?.[0] ?? '',
  })
  return hexOf(digestOf(text))
}

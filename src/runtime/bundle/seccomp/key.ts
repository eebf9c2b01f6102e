import { digestOf, hexOf } from '../../../foundation/oci/index.ts'
import { allCapabilities } from '../capabilities.ts'
import { compilerVersion } from './compile.ts'
import { defaultSeccompProfile } from './default-profile.ts'
import type { DockerSeccompProfile, SeccompHost } from './profile-types.ts'

/**
 * Names the program that `compileSeccomp` makes of the same arguments (64 hex digits), for keeping it: compiling takes
 * milliseconds, reading it back does not. Capabilities count as a set, and of the kernel only MAJOR.MINOR.
 */
export const seccompKey = (profile: DockerSeccompProfile, host: SeccompHost): string => {
  const parts = [
    compilerVersion,
    profile === defaultSeccompProfile ? defaultProfileDigest : profileText(profile),
    host.architecture,
    [...new Set(host.capabilities)].map(shortName).sort(),
    /^\d+\.\d+/.exec(host.kernelVersion)?.[0] ?? '',
  ]
  return hexOf(digestOf(JSON.stringify(parts)))
}

/** Its bit: what is hashed at every start of a container is to be short. */
const shortName = (capability: string): string | number => {
  const bit = allCapabilities.indexOf(capability)
  return bit < 0 ? capability : bit
}

/** Digest of the default profile's text, which is long and always the same. A test tells when it is no longer right. */
export const defaultProfileDigest = 'sha256:2117d10bf32363a5a59e374c468cec26b32ab81e2136b4add1d121625159bbe2'

/** All of a profile as text. */
export const profileText = (profile: DockerSeccompProfile): string =>
  JSON.stringify(profile, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))

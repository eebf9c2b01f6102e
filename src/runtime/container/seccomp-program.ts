import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { RuntimeSpec } from '../../foundation/oci/index.ts'
import type { DockerSeccompProfile } from '../bundle/index.ts'
import type { ContainerOptions } from './types.ts'

/** Compiles a profile (the default one when undefined) for a bounding set; the store keeps what was compiled. */
export type SeccompCompiler = (
  profile: DockerSeccompProfile | undefined,
  capabilities: readonly string[],
) => Uint8Array

/**
 * The seccomp program of a container; undefined for privileged and unconfined ones. Throws `bad-seccomp-profile` and
 * what the compiler throws.
 */
export const seccompFor = (
  options: Pick<ContainerOptions, 'privileged' | 'seccomp'>,
  spec: RuntimeSpec,
  compile: SeccompCompiler,
): Uint8Array | undefined => {
  const { seccomp, privileged } = options
  if (seccomp.kind === 'unconfined' || privileged) return undefined
  const profile = seccomp.kind === 'default' ? undefined : parseProfile(seccomp.text)
  return compile(profile, spec.process.capabilities.bounding)
}

/** Checks the shape as far as it can be told without compiling. Throws `bad-seccomp-profile`. */
export const parseProfile = (text: string): DockerSeccompProfile => {
  const bad = (why: string): AppError =>
    new AppError('bad-seccomp-profile', `parse seccomp profile: ${why}`, { exitCode: exitCode.engine })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw bad(error instanceof Error ? error.message : 'not JSON')
  }
  if (typeof value !== 'object' || value === null) throw bad('expected an object')
  if (!('defaultAction' in value) || typeof value.defaultAction !== 'string')
    throw bad('expected defaultAction')
  if (!('syscalls' in value) || !Array.isArray(value.syscalls)) throw bad('expected a list of syscalls')
  return value as DockerSeccompProfile
}

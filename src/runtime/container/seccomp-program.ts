import { machine, release } from 'node:os'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { RuntimeSpec } from '../../foundation/oci/index.ts'
import {
  compileSeccomp,
  type DockerSeccompProfile,
  defaultCapabilities,
  defaultSeccompProfile,
} from '../bundle/index.ts'
import type { ContainerOptions } from './types.ts'

/** The compiled default profile for docker's default capabilities, which the store keeps. */
export type DefaultProgram = () => Uint8Array

/**
 * The seccomp program of a container; undefined for privileged and unconfined ones. Throws `bad-seccomp-profile` and
 * what the compiler throws.
 */
export const seccompFor = (
  options: ContainerOptions,
  spec: RuntimeSpec,
  defaultProgram: DefaultProgram,
): Uint8Array | undefined => {
  const { seccomp } = options
  if (seccomp.kind === 'unconfined' || options.privileged) return undefined
  const capabilities = spec.process.capabilities.bounding
  if (seccomp.kind === 'default' && sameSet(capabilities, defaultCapabilities)) return defaultProgram()
  const profile = seccomp.kind === 'default' ? defaultSeccompProfile : parseProfile(seccomp.text)
  return compileSeccomp(profile, { architecture: architecture(), capabilities, kernelVersion: release() })
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

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name) => b.includes(name))

const architectures: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  i686: '386',
  armv7l: 'arm',
}

const architecture = (): string => architectures[machine()] ?? machine()

import { mkdirSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { type HostPath, hostPlatform } from '../foundation/oci/index.ts'
import { atomicWrite } from '../foundation/sys/index.ts'
import {
  compileSeccomp,
  type DockerSeccompProfile,
  defaultCapabilities,
  defaultSeccompProfile,
  seccompKey,
} from '../runtime/bundle/index.ts'

/**
 * A profile as BPF bytes for this machine. Compiling takes 10 ms, so programs are kept under ROOT/cache, named by all
 * that goes into them. The file is trusted as much as the store it lies in.
 */
export const seccompProgram = (
  root: HostPath,
  profile: DockerSeccompProfile = defaultSeccompProfile,
  capabilities: readonly string[] = defaultCapabilities,
): Uint8Array => {
  const host = { architecture: hostPlatform().architecture, capabilities, kernelVersion: release() }
  const path = join(root, 'cache', `seccomp-${seccompKey(profile, host).slice(0, 32)}.bpf`)
  try {
    const program = readFileSync(path)
    // An empty or odd file would be a filter that lets everything through or none at all.
    if (program.length > 0 && program.length % 8 === 0) return program
  } catch {
    // Not compiled yet.
  }
  const program = compileSeccomp(profile, host)
  mkdirSync(join(root, 'cache'), { recursive: true, mode: 0o700 })
  atomicWrite(path, program)
  return program
}

import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { arch, release } from 'node:os'
import { join } from 'node:path'
import type { HostPath, Seccomp } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { compileSeccomp, seccompKey } from '../bundle/index.ts'

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }

/**
 * File with the compiled filter below `root`, made when it is not there yet: most containers have the same one, and
 * compiling takes longer than reading. Throws `invalid-seccomp-profile`, also for actions such as SCMP_ACT_NOTIFY.
 */
export const compiledSeccomp = (root: HostPath, profile: Seccomp): HostPath => {
  const host = { architecture: architectures[arch()] ?? arch(), capabilities: [], kernelVersion: release() }
  const directory = join(root, '.seccomp')
  const file = join(directory, seccompKey(profile, host))
  if (existsSync(file)) return file
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  atomicWrite(file, compileSeccomp(profile, host))
  return file
}

export const readSeccomp = (file: HostPath | undefined): Uint8Array | undefined =>
  file === undefined ? undefined : readFileSync(file)

import { isAbsolute, join } from 'node:path'
import type { ContainerRequest, NetworkSetup } from '../../foundation/native/index.ts'
import type { HostPath, RuntimeMount } from '../../foundation/oci/index.ts'
import { containerHooks } from './hooks.ts'
import { readSeccomp } from './seccomp.ts'
import type { BundleSpec, ContainerRecord } from './types.ts'

export interface RequestParts {
  readonly spec: BundleSpec
  readonly record: ContainerRecord
  /** ROOT/ID, where the process waits for its start. */
  readonly directory: HostPath
  readonly deviceProgram?: Uint8Array
  readonly preserved: number
  /** It goes on when this command ends. */
  readonly outlive: boolean
}

/** A bundle as the helper's request: waits at its gate when all is set up. */
export const requestOf = (parts: RequestParts): ContainerRequest => {
  const { spec, record, directory, deviceProgram } = parts
  const seccomp = readSeccomp(record.seccomp)
  const { rootfsPropagation } = spec.linux
  return {
    spec: { ...spec, mounts: spec.mounts.map((mount) => fromBundle(mount, record.bundle)) },
    root: { kind: 'bind', source: record.rootfs, readonly: false },
    network: networkOf(spec),
    ...(seccomp ? { seccomp } : {}),
    cgroups: record.cgroups,
    ...(deviceProgram ? { deviceProgram } : {}),
    life: {
      outlive: parts.outlive,
      gate: directory,
      hostHooks: spec.hooks.prestart.length + spec.hooks.createRuntime.length > 0,
      preserved: parts.preserved,
      hooks: containerHooks(spec, record),
      ...(rootfsPropagation === undefined ? {} : { rootPropagation: rootfsPropagation }),
    },
  }
}

/** A relative source of a bind is one of the bundle. */
const fromBundle = (mount: RuntimeMount, bundle: HostPath): RuntimeMount =>
  mount.type === 'bind' && !isAbsolute(mount.source)
    ? { ...mount, source: join(bundle, mount.source) }
    : mount

const networkOf = ({ linux }: BundleSpec): NetworkSetup => {
  const network = linux.namespaces.find(({ type }) => type === 'network')
  if (network === undefined) return { kind: 'host' }
  return network.path === undefined ? { kind: 'none' } : { kind: 'path', path: network.path }
}

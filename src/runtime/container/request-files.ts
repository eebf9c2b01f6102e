import { join } from 'node:path'
import { encodeRequest, type RootMount } from '../../foundation/native/index.ts'
import type { HostPath, RuntimeMount, RuntimeSpec } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { createSpec } from '../bundle/index.ts'
import type { CgroupPlan } from '../cgroup/index.ts'
import { hostFacts } from './host-facts.ts'
import { type SharedNamespaces, translatesIds } from './namespaces.ts'
import type { PreparedNetwork } from './network-setup.ts'
import type { ResolvedMounts } from './resolve-mounts.ts'
import { stateFile } from './state-files.ts'
import type { ContainerOptions } from './types.ts'
import { deviceBinds, resourcesOf, wishedDevices } from './wished-devices.ts'

export interface RequestParts {
  readonly dir: HostPath
  readonly spec: RuntimeSpec
  readonly options: ContainerOptions
  readonly root: RootMount
  readonly network: PreparedNetwork
  readonly mounts: ResolvedMounts
  /** What the first process joins, and the device rules there. */
  readonly cgroup: Pick<CgroupPlan, 'join' | 'deviceProgram'>
  readonly seccomp: Uint8Array | undefined
  /** How many descriptors of the monitor, from 4 on, the program gets from 3 on. */
  readonly preserved?: number
}

/** Writes config.json and request.bin for one start of the container. Throws what `encodeRequest` throws. */
export const writeRequest = (parts: RequestParts): void => {
  const { dir, spec, options, root, network, mounts, cgroup, seccomp } = parts
  const request = encodeRequest({
    spec,
    // A container's changes outlive a crash of the machine as far as the file system lets them.
    root: root.kind === 'overlay' ? { ...root, volatile: false } : root,
    network: network.setup,
    trees: mounts.trees,
    cgroups: cgroup.join,
    ...(cgroup.deviceProgram === undefined ? {} : { deviceProgram: cgroup.deviceProgram }),
    ...(seccomp === undefined ? {} : { seccomp }),
    init: options.init,
    ...(parts.preserved ? { life: { preserved: parts.preserved } } : {}),
    translateRoot: translatesIds(options),
  })
  atomicWrite(join(dir, stateFile.spec), JSON.stringify(spec))
  atomicWrite(join(dir, stateFile.request), request)
}

/** The runtime-spec of one start. Throws what `createSpec` throws. */
export const specOf = (
  options: ContainerOptions,
  network: PreparedNetwork,
  mounts: readonly RuntimeMount[],
  cgroupsPath: string,
  shared: SharedNamespaces,
): RuntimeSpec =>
  createSpec({
    config: options.config,
    user: options.resolvedUser,
    ...(options.command === undefined ? {} : { command: options.command }),
    ...(options.entrypoint === undefined ? {} : { entrypoint: options.entrypoint }),
    ...(options.workdir === undefined ? {} : { workdir: options.workdir }),
    hostname: options.hostname,
    ...(options.domainname === undefined ? {} : { domainname: options.domainname }),
    ...(options.terminal ? { terminal: { height: 0, width: 0 } } : {}),
    readonlyRoot: options.readonlyRoot,
    mounts: [
      ...network.mounts,
      ...mounts,
      ...(options.userNamespace ? deviceBinds(options.devices ?? []) : []),
    ],
    ...(options.shmSize === undefined ? {} : { shmSize: options.shmSize }),
    privileged: options.privileged,
    capAdd: options.capAdd,
    capDrop: options.capDrop,
    noNewPrivileges: options.noNewPrivileges,
    unmasked: options.unmasked === true,
    writableCgroups: options.writableCgroups === true,
    devices: wishedDevices(options.devices ?? []),
    deviceRules: options.deviceRules ?? [],
    sysctl: options.sysctl ?? {},
    ...(options.oomScoreAdj === undefined ? {} : { oomScoreAdj: options.oomScoreAdj }),
    resources: resourcesOf(options),
    rlimits: options.rlimits,
    ...(options.umask === undefined ? {} : { umask: options.umask }),
    ...shared,
    cgroupsPath,
    host: hostFacts(options.privileged),
  })

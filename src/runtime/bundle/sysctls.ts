import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { NamespaceType, RuntimeLinux } from '../../foundation/oci/index.ts'

type Sysctls = Readonly<Record<string, string>>

const ipcSysctls = new Set([
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
])

/** Without CAP_NET_RAW and CAP_NET_BIND_SERVICE, ping and ports below 1024 still work, as under docker. */
const unprivilegedNetwork: Sysctls = {
  'net.ipv4.ip_unprivileged_port_start': '0',
  'net.ipv4.ping_group_range': '0 2147483647',
}

/**
 * The user's sysctls and docker's defaults. Only those of a namespace that the container has to itself are taken: others
 * would change the host. `groups` are those of a user namespace. Throws `invalid-sysctl`.
 */
export const chooseSysctls = (
  asked: Sysctls,
  privateNamespaces: readonly NamespaceType[],
  groups?: NonNullable<RuntimeLinux['gidMappings']>,
): Sysctls => {
  for (const name of Object.keys(asked)) {
    const owner = namespaceOf(name)
    if (owner === undefined || !privateNamespaces.includes(owner)) throw invalid(name, owner)
  }
  if (!privateNamespaces.includes('network')) return asked
  return { ...unprivilegedNetwork, ...(groups ? pingOf(groups) : {}), ...asked }
}

/** The kernel takes groups only that are there. */
const pingOf = (groups: NonNullable<RuntimeLinux['gidMappings']>): Sysctls => {
  const first = groups.find(({ containerID }) => containerID === 0)
  return { 'net.ipv4.ping_group_range': `0 ${Math.min((first?.size ?? 1) - 1, 2147483647)}` }
}

const namespaceOf = (name: string): NamespaceType | undefined => {
  if (!/^[a-z0-9_][\w./-]*$/i.test(name) || name.includes('..')) return undefined
  if (name.startsWith('net.')) return 'network'
  if (ipcSysctls.has(name) || name.startsWith('fs.mqueue.')) return 'ipc'
  return name === 'kernel.domainname' ? 'uts' : undefined
}

const invalid = (name: string, owner: NamespaceType | undefined): AppError =>
  new AppError(
    'invalid-sysctl',
    owner === undefined
      ? `set sysctl ${name}: it belongs to the host, not to a container`
      : `set sysctl ${name}: the container shares the host's ${owner} namespace`,
    {
      exitCode: exitCode.engine,
      hint:
        owner === undefined
          ? 'net.*, fs.mqueue.* and the message queue, semaphore and shared memory limits of kernel.* can be set'
          : `leave the sysctl out, or give the container its own ${owner} namespace`,
    },
  )

import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { NamespaceType } from '../../foundation/oci/index.ts'

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
 * would change the host. Throws `invalid-sysctl`.
 */
export const chooseSysctls = (asked: Sysctls, privateNamespaces: readonly NamespaceType[]): Sysctls => {
  for (const name of Object.keys(asked)) {
    const owner = namespaceOf(name)
    if (owner === undefined || !privateNamespaces.includes(owner)) throw invalid(name, owner)
  }
  return privateNamespaces.includes('network') ? { ...unprivilegedNetwork, ...asked } : asked
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

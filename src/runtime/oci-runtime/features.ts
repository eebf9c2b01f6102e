import { hookMoments } from './types.ts'

/** runtime-spec features.md */
export const runtimeFeatures = (): Readonly<Record<string, unknown>> => ({
  ociVersionMin: '1.0.0',
  ociVersionMax: '1.2.0',
  hooks: hookMoments,
  mountOptions:
    'async atime bind defaults dev diratime exec noatime nodev nodiratime noexec norelatime nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime relatime rexec rnoatime rnodev rnodiratime rnoexec rnosuid rnosymfollow ro rprivate rrelatime rro rrw rshared rslave rstrictatime rsuid rsymfollow runbindable rw shared silent slave strictatime suid symfollow sync tmpcopyup unbindable'.split(
      ' ',
    ),
  linux: {
    namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts'],
    cgroup: { v1: true, v2: true, systemd: false, systemdUser: false, rdma: false },
    seccomp: {
      enabled: true,
      actions: 'ALLOW ERRNO KILL KILL_PROCESS KILL_THREAD LOG TRACE TRAP'
        .split(' ')
        .map((name) => `SCMP_ACT_${name}`),
      operators: 'EQ GE GT LE LT MASKED_EQ NE'.split(' ').map((name) => `SCMP_CMP_${name}`),
      archs: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM', 'SCMP_ARCH_X32', 'SCMP_ARCH_X86', 'SCMP_ARCH_X86_64'],
      knownFlags: [],
      supportedFlags: [],
    },
    apparmor: { enabled: false },
    selinux: { enabled: false },
    intelRdt: { enabled: false },
    mountExtensions: { idmap: { enabled: false } },
  },
  potentiallyUnsafeConfigAnnotations: [],
})

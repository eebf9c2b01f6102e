import type { DockerSeccompProfile, SeccompArgument, SeccompGroup } from './profile-types.ts'

const allow = 'SCMP_ACT_ALLOW'
const enosys = 38

/** Calls that need no capability, by subject. */
const harmless = `
files: open openat openat2 creat close close_range read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2
  lseek _llseek readahead fadvise64 fadvise64_64 fallocate truncate truncate64 ftruncate ftruncate64 copy_file_range
  sendfile sendfile64 splice tee vmsplice sync syncfs fsync fdatasync sync_file_range flock fcntl fcntl64 ioctl
  dup dup2 dup3 pipe pipe2 umask name_to_handle_at cachestat
names: access faccessat faccessat2 link linkat symlink symlinkat readlink readlinkat unlink unlinkat rename renameat
  renameat2 mkdir mkdirat rmdir mknod mknodat getdents getdents64 getcwd chdir fchdir
inodes: stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx statfs statfs64 fstatfs fstatfs64 statmount
  listmount chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 lchown lchown32 fchownat
  utime utimes futimesat utimensat utimensat_time64
attributes: getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr setxattrat listxattr llistxattr
  flistxattr listxattrat removexattr lremovexattr fremovexattr removexattrat
watches: inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark
polling: select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64 epoll_create epoll_create1 epoll_ctl
  epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4
asynchronous: io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64
memory: brk mmap mmap2 munmap mremap mprotect msync mincore madvise mlock mlock2 mlockall munlock munlockall mseal
  remap_file_pages memfd_create memfd_secret pkey_alloc pkey_free pkey_mprotect membarrier map_shadow_stack
processes: fork vfork execve execveat exit exit_group wait4 waitid waitpid kill tkill tgkill pidfd_open pidfd_send_signal
  process_mrelease getpid getppid gettid getpgid getpgrp setpgid getsid setsid prctl set_tid_address set_thread_area
  get_thread_area set_robust_list get_robust_list rseq restart_syscall pause uname sysinfo times getrusage
  getcpu riscv_hwprobe uretprobe
locks: futex futex_time64 futex_wait futex_wake futex_waitv futex_requeue
signals: rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
  rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack sigprocmask sigreturn
users: getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid getresgid32
  getgroups getgroups32 setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32
  setresgid setresgid32 setgroups setgroups32 setfsuid setfsuid32 setfsgid setfsgid32 capget capset
limits: getrlimit ugetrlimit setrlimit prlimit64 getpriority setpriority ioprio_get ioprio_set
scheduling: sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam sched_setparam
  sched_getscheduler sched_setscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval
  sched_rr_get_interval_time64
clocks: time gettimeofday adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime
  clock_gettime64 clock_nanosleep clock_nanosleep_time64 nanosleep alarm getitimer setitimer timer_create timer_delete
  timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime
  timerfd_gettime64 timerfd_settime timerfd_settime64
network: socketpair bind listen accept accept4 connect shutdown getsockname getpeername getsockopt setsockopt send
  sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64
multiplexers: socketcall ipc
interprocess: msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget
  mq_open mq_unlink mq_notify mq_getsetattr mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64
sandboxes: seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
random: getrandom
`

/** Calls that come with a capability of the bounding set. */
const withCapability: Readonly<Record<string, string>> = {
  CAP_DAC_READ_SEARCH: 'open_by_handle_at',
  CAP_SYS_ADMIN: `bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr
		lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd
		setdomainname sethostname setns syslog umount umount2 unshare`,
  CAP_SYS_BOOT: 'reboot',
  CAP_SYS_CHROOT: 'chroot',
  CAP_SYS_MODULE: 'init_module finit_module delete_module',
  CAP_SYS_PACCT: 'acct',
  CAP_SYS_PTRACE: 'kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace',
  CAP_SYS_RAWIO: 'iopl ioperm',
  CAP_SYS_TIME: 'settimeofday stime clock_settime clock_settime64',
  CAP_SYS_TTY_CONFIG: 'vhangup',
  CAP_SYS_NICE: 'get_mempolicy mbind set_mempolicy set_mempolicy_home_node',
  CAP_SYSLOG: 'syslog',
  CAP_BPF: 'bpf',
  CAP_PERFMON: 'perf_event_open',
}

/** Calls that exist for one kind of machine; its 32 bit programs may use them too. */
const forArchitecture: readonly (readonly [arches: readonly string[], names: string])[] = [
  [['arm', 'arm64'], 'arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls'],
  [['amd64', 'x32'], 'arch_prctl'],
  [['amd64', 'x32', 'x86'], 'modify_ldt'],
]

/**
 * Socket families that the kernel still has and a container has a use for: neither AF_ALG (38: kernel crypto,
 * CVE-2026-31431) nor AF_VSOCK (40: reaches past the network namespace), nor families long removed from Linux.
 * socketcall(2) of 32 bit programs hides the family behind a pointer, where no filter sees it.
 */
const firstSocketFamilies = 12
const moreSocketFamilies = [
  13, 14, 15, 16, 17, 18, 21, 22, 24, 26, 27, 28, 29, 30, 31, 32, 33, 35, 36, 39, 41, 42, 43, 44, 45,
]

/** PER_LINUX, PER_LINUX32, each with and without UNAME26, and the question what it is. */
const personalities = [0, 0x8, 0x20000, 0x20008, 0xffff_ffff]

/** CLONE_NEW* (without CLONE_NEWTIME, which clone cannot take): none may be set without CAP_SYS_ADMIN. */
const newNamespaces = 0x7e02_0000

/** `subject: name name`, continued on indented lines. */
const namesIn = (text: string): readonly string[] =>
  text.split(/\s+/).filter((word) => word !== '' && !word.endsWith(':'))

const when = (name: string, op: string, value: number, valueTwo?: number): SeccompGroup => {
  const argument: SeccompArgument = {
    index: 0,
    op: `SCMP_CMP_${op}`,
    value,
    ...(valueTwo === undefined ? {} : { valueTwo }),
  }
  return { names: [name], action: allow, args: [argument] }
}

/**
 * The filter of containers and RUN steps unless another is asked for: everything is refused with EPERM but what is
 * listed. It decides as docker's default profile does.
 */
export const defaultSeccompProfile: DockerSeccompProfile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 1,
  archMap: [
    {
      architecture: 'SCMP_ARCH_X86_64',
      subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    },
    {
      architecture: 'SCMP_ARCH_AARCH64',
      subArchitectures: ['SCMP_ARCH_ARM'],
    },
  ],
  syscalls: [
    { names: namesIn(harmless), action: allow },
    // Before Linux 4.8 a tracer could get past the filter.
    {
      names: ['ptrace', 'process_vm_readv', 'process_vm_writev'],
      action: allow,
      includes: { minKernel: '4.8' },
    },
    when('socket', 'LT', firstSocketFamilies),
    ...moreSocketFamilies.map((family) => when('socket', 'EQ', family)),
    ...personalities.map((value) => when('personality', 'EQ', value)),
    ...forArchitecture.map(([arches, names]) => ({
      names: namesIn(names),
      action: allow,
      includes: { arches },
    })),
    ...Object.entries(withCapability).map(([capability, names]) => ({
      names: namesIn(names),
      action: allow,
      includes: { caps: [capability] },
    })),
    {
      ...when('clone', 'MASKED_EQ', newNamespaces, 0),
      excludes: { caps: ['CAP_SYS_ADMIN'] },
    },
    // Its flags are behind a pointer; with ENOSYS, C libraries fall back to clone.
    {
      names: ['clone3'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: enosys,
      excludes: { caps: ['CAP_SYS_ADMIN'] },
    },
  ],
}

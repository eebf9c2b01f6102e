import { AppError, exitCode } from '../errors/index.ts'

/** A step of the helper that failed: `mount /proc: operation not permitted (EPERM)`. */
export class NativeError extends AppError<'native-failed'> {
  /** Short name of the step: `mount`, `namespaces`, `network` ... */
  readonly step: string
  /** `EPERM`, `ENOENT` ... */
  readonly errno: string
  /** What the step was done to; may be empty. */
  readonly arg: string

  constructor(failure: { step: string; errno: string; arg: string; text: string }) {
    const subject = failure.arg === '' ? failure.step : `${failure.step} ${failure.arg}`
    const hint = hintFor(failure.step, failure.errno)
    super('native-failed', `${subject}: ${lowerFirst(failure.text)} (${failure.errno})`, {
      exitCode: failure.errno === 'EPERM' ? exitCode.notPermitted : exitCode.engine,
      ...(hint === undefined ? {} : { hint }),
      details: { step: failure.step, errno: failure.errno, arg: failure.arg },
    })
    this.step = failure.step
    this.errno = failure.errno
    this.arg = failure.arg
  }
}

const hints: readonly (readonly [step: RegExp, errno: string, hint: string])[] = [
  [
    /^(namespaces|mount|root|network|cgroup|bridge|nft)$/,
    'EPERM',
    'Run as root: making containers needs CAP_SYS_ADMIN.',
  ],
  [
    /^namespaces$/,
    'ENOSPC',
    'Raise the limits in /proc/sys/user, e.g. max_user_namespaces or max_net_namespaces.',
  ],
  [/^namespaces$/, 'EINVAL', 'The kernel lacks a namespace type that was asked for.'],
  [
    /^root$/,
    'ENODEV',
    'The kernel has no overlay file system: load the module `overlay`, or use the copying snapshotter.',
  ],
  [
    /^root$/,
    'EINVAL',
    'Look into the kernel log (dmesg) for the reason that overlayfs gives. Inside a chroot, enter it by pivot_root instead: its root must be a mount point.',
  ],
  [/^cgroup$/, 'ENOSPC', 'Write cpuset.cpus and cpuset.mems of the cgroup before a process joins it.'],
  [
    /^device-program$/,
    'EPERM',
    'Run as root: device rules on cgroup v2 need CAP_BPF and CAP_NET_ADMIN; an outer cgroup may also forbid further ones.',
  ],
  [
    /^device-program$/,
    'EINVAL',
    'The kernel takes no device rules on cgroup v2: it needs CONFIG_CGROUP_BPF.',
  ],
  [
    /^device-program$/,
    'ENOSYS',
    'The kernel takes no device rules on cgroup v2: it needs CONFIG_BPF_SYSCALL.',
  ],
  [
    /^device-program$/,
    'EACCES',
    'The kernel refuses the compiled device rules: report them as a fault of this program.',
  ],
  [/^device-program$/, 'E2BIG', 'There are more device rules than the kernel takes: leave some out.'],
  [
    /^device-program$/,
    'ENODEV',
    'Device rules as a program need a cgroup v2 directory among those of the container.',
  ],
  [
    /^idmap$/,
    'EINVAL',
    'This file system cannot translate ids: put the store (TSBUILD_ROOT) or what is mounted on ext4, xfs, btrfs or tmpfs, or leave --userns or idmap out.',
  ],
  [
    /^image$/,
    'EINVAL',
    'The image that stands for an unpacked layer is damaged: `tsbuild fsck --repair` has it made again.',
  ],
  [/^mount$/, 'ENOENT', 'Check that the source of the mount exists on the host.'],
  [/^cwd$/, 'ENOENT', 'Create the working directory in the image (WORKDIR) or choose another one.'],
  [/^join$/, 'ESRCH', 'The container is not running.'],
  [/^nft$/, 'EPROTONOSUPPORT', 'The kernel has no nf_tables: load the module, or use --network host.'],
  [/^network$/, 'EEXIST', 'Another interface has this name already.'],
]

const hintFor = (step: string, errno: string): string | undefined =>
  hints.find(([pattern, name]) => name === errno && pattern.test(step))?.[2]

/** libc starts its messages with a capital letter. */
export const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

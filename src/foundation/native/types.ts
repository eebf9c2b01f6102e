import type { HostPath, RuntimeProcess, RuntimeSpec } from '../oci/index.ts'

/** A file system state as data: what the helper mounts, in the private mount namespace of one process. */
export type RootMount =
  | {
      readonly kind: 'overlay'
      /** Topmost first; at least one. */
      readonly lower: readonly HostPath[]
      /**
       * Members of `lower` that are no directories but files with the metadata of an EROFS image. Needs the host's own user namespace
       * and overlay's `lowerdir+`.
       */
      readonly images?: ReadonlyMap<HostPath, LayerImage>
      /**
       * The lower layers are an overlay of their own, which is the only layer of another one. To find out whether overlays may be so
       * deep here; without `upper`.
       */
      readonly nested?: boolean
      /** Both or neither; without them the mount is read-only. */
      readonly upper?: HostPath
      readonly work?: HostPath
      /**
       * A directory, made if missing, that becomes the lowest layer and holds the mount points that the image lacks
       * (/proc, /etc/hosts ...), so that none appears in `upper`. Default: `stubs` beside `work`; without `work`, memory.
       */
      readonly stubs?: HostPath
      /**
       * Where this process may have directories of its own, under names of `ownedName`, on the file system of `upper`. With it a lane may
       * keep a mount of the lowest layers for later steps.
       */
      readonly owned?: HostPath
      /** Skip all syncing of `upper` (overlay's `volatile`); default true. Such a `work` cannot be mounted again. */
      readonly volatile?: boolean
    }
  | {
      readonly kind: 'bind'
      readonly source: HostPath
      readonly readonly: boolean
      /**
       * A file that gets a line for each inode that was changed by making the mount points that the root lacks: `INODE:CTIME
       * INODE:CTIME`, before and after, times in nanoseconds; `-` before for new ones. With it they are not told as `onStubs`.
       */
      readonly stubs?: HostPath
    }

/** How an image is mounted, and from what besides its metadata. */
export interface LayerImage {
  /**
   * `files`: from the files as they are, if the kernel can (6.12, EROFS_FS_BACKED_BY_FILE) and the store's file system as well; `loops`:
   * over loop devices.
   */
  readonly backing: 'files' | 'loops'
  /** Files that have the bytes of its files, one or two: the image's extra devices in their order. */
  readonly data: readonly HostPath[]
}

/** A file made in memory that is never swapped out: it is on no disk, and gone with the container. */
export interface MemoryFile {
  /** One path component. */
  readonly name: string
  readonly bytes: Uint8Array
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** A file system that bind mounts take their source from; only the container's mount namespace has it. */
export type MountTree = RootMount | { readonly kind: 'memory'; readonly files: readonly MemoryFile[] }

export type NetworkSetup =
  /** A new network namespace with only `lo`. */
  | { readonly kind: 'none' }
  /** The host's network namespace. */
  | { readonly kind: 'host' }
  /** Joins an existing namespace, e.g. /proc/123/ns/net. */
  | { readonly kind: 'path'; readonly path: HostPath }
  /** A new namespace with interfaces on bridges; made by the helper, gone with the namespace. */
  | {
      readonly kind: 'bridge'
      readonly interfaces: readonly NetworkInterface[]
      /** Sockets for a name server are opened inside, which the monitor answers. */
      readonly resolver?: boolean
    }

/** A veth pair: one end in the container, the other a port of a bridge. */
export interface NetworkInterface {
  /** In the container: `eth0`. */
  readonly name: string
  readonly bridge: string
  /** Name of the host's end, at most 15 characters. */
  readonly hostInterface: string
  readonly macAddress?: string
  readonly ipv4?: InterfaceAddress
  readonly ipv6?: InterfaceAddress
  /** Bytes; the kernel's when absent. */
  readonly mtu?: number
  /** Nothing goes to or comes from other isolated ports of the bridge. */
  readonly isolated?: boolean
  /** Further addresses, `169.254.3.4/16`. */
  readonly more?: readonly string[]
  /** Parameters of the kernel, `ipv4/conf/IFNAME/log_martians=1`: IFNAME is this interface. */
  readonly settings?: readonly string[]
}

export interface InterfaceAddress {
  /** `10.88.0.5` */
  readonly address: string
  readonly prefix: number
  /** The default route of the family goes there; absent: it goes elsewhere, or there is none. */
  readonly gateway?: string
}

/** A hook that the container's own process runs (runtime-spec config.md, POSIX-platform Hooks). */
export interface ContainerHook {
  readonly moment: 'create-container' | 'start-container'
  /** Absolute; of the host for `create-container`, of the container for the other. */
  readonly path: HostPath
  readonly args: readonly string[]
  readonly env: readonly string[]
  /** Seconds; 0 waits for ever. */
  readonly timeout: number
  /** What it reads on standard input: the pid comes between these. */
  readonly state: readonly [head: string, tail: string]
}

/** A container whose life is in the hands of an OCI runtime's command line. */
export interface ContainerLife {
  /** It goes on when the helper ends. */
  readonly outlive?: boolean
  /**
   * Directory in which the helper makes the FIFOs `start` and `started`: the process waits, all set up, until a byte comes
   * through `start`; `started` then gives an error event or ends, which is success.
   */
  readonly gate?: HostPath
  /** The caller runs hooks when all is mounted. */
  readonly hostHooks?: boolean
  /** How many descriptors of the helper, from 4 on, the program gets from 3 on. */
  readonly preserved?: number
  readonly hooks?: readonly ContainerHook[]
  /** A word of `mount --make-`: `rslave`, `shared` ... */
  readonly rootPropagation?: string
}

/** Everything the helper needs to start one container. Policy is settled: nothing in here is looked up again. */
export interface ContainerRequest {
  readonly spec: RuntimeSpec
  readonly root: RootMount
  /**
   * By destination of a bind mount of the spec: the tree that its source is an absolute path in, resolved inside that tree
   * (symlinks too). Mounts that share a value share the tree.
   */
  readonly trees?: ReadonlyMap<string, MountTree>
  readonly network: NetworkSetup
  /** Compiled seccomp program (struct sock_filter[]); none means no filter. */
  readonly seccomp?: Uint8Array
  /** Existing cgroup directories that the process joins (one on v2, several on v1); removed by the helper at the end. */
  readonly cgroups: readonly HostPath[]
  /**
   * Device rules as eBPF (struct bpf_insn[] of BPF_PROG_TYPE_CGROUP_DEVICE), attached to the cgroup2 directory among
   * `cgroups` before anything runs in it, and gone with it. What outer cgroups refuse stays refused.
   */
  readonly deviceProgram?: Uint8Array
  /** No program is run: the process only keeps the root and its mounts, for who reaches them through /proc/PID/root, until it is killed. */
  readonly hold?: boolean
  /**
   * With a user namespace: layers, upper and image mounts hold ids as they are inside. Else the root has the ids of the host,
   * as an OCI bundle does. Needs file systems with idmapped mounts, and Linux 5.19.
   */
  readonly translateRoot?: boolean
  /** Run the helper's `init` as pid 1, which forwards signals and reaps. */
  readonly init?: boolean
  readonly life?: ContainerLife
}

export interface ExitStatus {
  /** 0..255; 128+n when ended by signal n; 126 and 127 when the program could not be executed or found. */
  readonly code: number
  readonly signal?: number
  readonly oomKilled?: boolean
  /** Why the program could not be executed (codes 126 and 127): `exec "foo": no such file or directory`. */
  readonly message?: string
  /** The keys to detach were typed: it goes on, and `code` is the caller's. */
  readonly detached?: boolean
}

/** One more process in a running container. */
export interface JoinRequest {
  /** Pid, on the host, of any process of the container; its namespaces and its root are joined. */
  readonly pid: number
  /** Of that process (`ProcessIdentity`): when another one has its pid by now, it is not joined. */
  readonly startTime?: number
  readonly process: RuntimeProcess
  readonly seccomp?: Uint8Array
  /** The container's cgroup directories; they are not removed at the end. */
  readonly cgroups?: readonly HostPath[]
  readonly life?: Pick<ContainerLife, 'outlive' | 'preserved'>
}

/** Descriptors of the program. With `process.terminal` the helper copies between these and the program's own terminal. */
export interface ProcessIo {
  readonly stdin: Stdio
  readonly stdout: Stdio
  readonly stderr: Stdio
}

export interface RunOptions {
  /** Kills the container when aborted; the promise still waits for the end and resolves with code 137. */
  readonly signal?: AbortSignal
  /** Called when the program runs, with its pid on the host. */
  readonly onStarted?: (pid: number) => void
  /** Called when all is mounted, with `life.hostHooks`; the container goes on when it resolves, and ends when it rejects. */
  readonly onMounted?: (pid: number) => Promise<void>
  /** For streams that are 'pipe'. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void
  /** Things that were made to fit, e.g. an rlimit above the hard limit. */
  readonly onWarning?: (message: string) => void
  /** Paths in the container where a mount point had to be made in the root itself; see `RootMount.stubs`. */
  readonly onStubs?: (paths: readonly string[]) => void
  /** Keys that leave a process with a terminal in the background, in hexadecimal digits. */
  readonly detachKeys?: string
  /** What the program reads when `stdin` is 'pipe'. */
  readonly input?: Uint8Array
}

export type Stdio = 'ignore' | 'inherit' | 'pipe' | number

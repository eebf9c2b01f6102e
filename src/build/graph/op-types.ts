import type { Digest } from '../../foundation/oci/index.ts'

/** Position in `Vertex.inputs`; undefined is the empty root (scratch). */
export type InputIndex = number | undefined

export type Op = SourceOp | LayersOp | HttpOp | GitOp | ExecOp | FileOp

/** The root file system of an image. */
export interface SourceOp {
  readonly kind: 'source'
  /** As written, for messages. */
  readonly reference: string
  readonly manifest: Digest
}

/** A file system that is in the store already: a context that came as an archive, from a URL or a repository. */
export interface LayersOp {
  readonly kind: 'layers'
  /** For messages. */
  readonly shown: string
  /** Ids of layers, lowest first. */
  readonly layers: readonly string[]
}

/** A file fetched from a URL (ADD), as the only file of a file system: mode 0600, time from Last-Modified. */
export interface HttpOp {
  readonly kind: 'http'
  /** http or https; credentials in it are never shown. */
  readonly url: string
  /** Name of the file: the last part of the URL's path, or what the destination says. */
  readonly filename: string
  /** ADD --checksum. */
  readonly checksum?: Digest
}

/** A commit of a git repository (ADD), as a file system: the working tree, or a directory of it. */
export interface GitOp {
  readonly kind: 'git'
  /** What git is given: https, http, ssh, git protocols, or `user@host:path`. */
  readonly remote: string
  /** Branch, tag or commit; the default branch when absent. */
  readonly ref?: string
  /** Directory of the repository, relative. */
  readonly subdir?: string
  /** Commit id (a prefix of at least 7 digits, or whole) that must be found. */
  readonly checksum?: string
  readonly keepGitDir: boolean
  /** Default true. */
  readonly submodules?: boolean
  /** Times of the files: of the commit, or of the moment they are written (default). */
  readonly mtime?: 'commit' | 'checkout'
}

export interface ExecOp {
  readonly kind: 'exec'
  readonly root: InputIndex
  readonly args: readonly string[]
  /** `NAME=value`: the stage's ENV and the ARGs in scope (build args are part of the key, proxy args are not in here). */
  readonly env: readonly string[]
  /** Predefined proxy args: given to the process, not part of the key. */
  readonly proxyEnv: readonly string[]
  readonly cwd: string
  /** As written; '' is root. Names are looked up in the root's own passwd and group. */
  readonly user: string
  readonly network: 'default' | 'none' | 'host'
  /** Of the step's UTS namespace; BuildKit's default when absent (BUILDKIT_SANDBOX_HOSTNAME sets it). */
  readonly hostname?: string
  /** RUN --mount in order; absent or empty is none. Targets are absolute. */
  readonly mounts?: readonly ExecMount[]
  /** RUN --security=insecure: as a privileged container. Absent is `sandbox`. */
  readonly security?: 'insecure'
  /** RUN --device: CDI names. */
  readonly devices?: readonly { readonly name: string; readonly required: boolean }[]
  /** --add-host: `NAME:ADDRESS`. */
  readonly extraHosts?: readonly string[]
  /** --ulimit. -1 is unlimited. */
  readonly ulimits?: readonly { readonly name: string; readonly soft: number; readonly hard: number }[]
  /** --shm-size, bytes. */
  readonly shmSize?: number
}

/** What a RUN step sees besides its root, and what never becomes part of its layer. */
export type ExecMount = BindMount | CacheMount | TmpfsMount | SecretMount | SshMount | FileMount

/** A file or directory of an input. Writes, where allowed, are thrown away. */
export interface BindMount {
  readonly kind: 'bind'
  readonly target: string
  /** Files of a build context are an input too: a file op that copies them to an empty root. */
  readonly input: InputIndex
  /** Absolute path in the input, resolved inside it. */
  readonly source: string
  readonly readonly: boolean
}

/** A directory that is kept between builds, by `id`. */
export interface CacheMount {
  readonly kind: 'cache'
  readonly target: string
  /** As written (default: the target), with the namespace of BUILDKIT_CACHE_MOUNT_NS before it when there is one. */
  readonly id: string
  readonly sharing: 'shared' | 'private' | 'locked'
  readonly readonly: boolean
  /** What it holds when it is made; absent is nothing. */
  readonly from?: { readonly input: InputIndex; readonly source: string }
  /** Of the directory when it is made without `from`. */
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

export interface TmpfsMount {
  readonly kind: 'tmpfs'
  readonly target: string
  /** Bytes. */
  readonly size?: number
  /** Absent is writable. */
  readonly readonly?: true
}

/** A secret as a file, an environment variable, or both. Its value is never part of a key. */
export interface SecretMount {
  readonly kind: 'secret'
  readonly id: string
  /** Absent with `env` alone. */
  readonly target?: string
  readonly env?: string
  readonly required: boolean
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

/** The socket of an SSH agent of the caller; SSH_AUTH_SOCK names the first. */
export interface SshMount {
  readonly kind: 'ssh'
  readonly id: string
  readonly target: string
  readonly required: boolean
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

/** A file of the Dockerfile itself: a here-document with an interpreter line. Read-only, root's. */
export interface FileMount {
  readonly kind: 'file'
  readonly target: string
  readonly text: string
  readonly mode: number
}

/** Changes files without running anything. Actions are done in order and make one layer. */
export interface FileOp {
  readonly kind: 'file'
  readonly root: InputIndex
  readonly actions: readonly FileAction[]
  /**
   * COPY --link: the actions start from an empty root and what they make is laid over the real one, so that links of the root
   * are not followed and its layers are no part of the key.
   */
  readonly link?: boolean
  /** SOURCE_DATE_EPOCH, in seconds: the time of directories and inline files that have no source to take one from. */
  readonly timestamp?: number
}

export type FileAction = CopyAction | MkdirAction | WriteAction

export interface CopyAction {
  readonly kind: 'copy'
  /** The build context, or the result of an input. */
  readonly from: CopySourceRef
  /** Patterns as written (expanded), Go filepath.Match rules. */
  readonly sources: readonly string[]
  /** Absolute path; a trailing slash means directory. */
  readonly destination: string
  /** `user[:group]`, names or numbers; names are looked up in the root. */
  readonly chown?: string
  /** Octal or symbolic text. */
  readonly chmod?: string
  /** ADD: unpack tar archives (any compression). */
  readonly unpack: boolean
  /** --parents: the path of each source is kept, from its `/./` on if it has one. */
  readonly parents?: boolean
  /** --exclude: patterns as in .dockerignore, relative to each source directory as docker has it. */
  readonly exclude?: readonly string[]
}

export type CopySourceRef =
  /** A directory of the caller: '' is the build context, others are named contexts. */
  { readonly kind: 'context'; readonly name: string } | { readonly kind: 'input'; readonly input: InputIndex }

/** WORKDIR: creates the directory and its parents if missing. */
export interface MkdirAction {
  readonly kind: 'mkdir'
  readonly path: string
  readonly mode: number
  readonly chown?: string
}

/** Inline file (heredoc of COPY). */
export interface WriteAction {
  readonly kind: 'write'
  readonly path: string
  /** The file's name inside `path`, if that turns out to be a directory. */
  readonly name?: string
  readonly text: string
  readonly chown?: string
  readonly chmod?: string
}

import type { Diagnostic, Range } from '../../foundation/errors/index.ts'
import type { ContainerConfig, Digest, History, ImageConfig, Platform } from '../../foundation/oci/index.ts'
import type { ParsedDockerfile } from '../dockerfile/index.ts'

/** Names a vertex: digest of its definition (op and inputs), so equal work is one vertex. */
export type VertexId = Digest

export interface Vertex {
  readonly id: VertexId
  /** As docker shows it: `[builder 2/5] RUN make`. */
  readonly name: string
  readonly op: Op
  /** Vertices whose result the op starts from or reads; ops refer to them by position. */
  readonly inputs: readonly VertexId[]
  /** Where the instruction stands, for messages. */
  readonly source?: {
    readonly file: string
    readonly range: Range
    readonly instruction: string
  }
  /** --no-cache, or --no-cache-filter for its stage. */
  readonly noCache?: boolean
}

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

export interface PlannedHistory extends History {
  /** The vertex whose layer belongs to this entry; absent for `empty_layer`. */
  readonly vertex?: VertexId
}

export interface Plan {
  /** Only what the target needs, inputs before users. */
  readonly vertices: readonly Vertex[]
  /** Result of the target stage; undefined is scratch without any layer. */
  readonly result: VertexId | undefined
  readonly config: ContainerConfig
  readonly author?: string
  readonly platform: Platform
  /** The base image's history, then that of this build. */
  readonly history: readonly PlannedHistory[]
  /** SOURCE_DATE_EPOCH, in seconds: the time of the image and of its new history entries. */
  readonly sourceDateEpoch?: number
}

/** What a context's name stands for. */
export type ContextSource =
  /** A directory of the caller, opened by the executor under the same name. */
  | { readonly kind: 'local' }
  /** `docker-image://`, or an image of a layout that was loaded: a reference that `images` can be asked for. */
  | { readonly kind: 'image'; readonly reference: string }
  /** Fetched already: an archive, a URL, a repository. */
  | { readonly kind: 'layers'; readonly shown: string; readonly layers: readonly string[] }

/** What a user must allow before a Dockerfile gets it. */
export type Entitlement = 'network.host' | 'security.insecure' | 'device'

/** What the planner is told of an image it asked for. */
export interface ResolvedImage {
  readonly manifest: Digest
  readonly config: ImageConfig
}

export interface PlanRequest {
  readonly dockerfile: ParsedDockerfile
  /** Name or number of a stage; the last stage by default. */
  readonly target?: string
  readonly buildArgs: Readonly<Record<string, string>>
  /** --label: added to the result's labels. */
  readonly labels?: Readonly<Record<string, string>>
  /** What is built for; BUILDPLATFORM is the same unless said. */
  readonly platform: Platform
  readonly buildPlatform?: Platform
  readonly noCache?: boolean
  /** Names or numbers of stages that are built without the cache. */
  readonly noCacheFilter?: readonly string[]
  /** For RUN steps that do not say `--network`. */
  readonly network?: ExecOp['network']
  /** Main context under '' (absent: there is none, and the steps that need it fail), named contexts under their names. Default: '' is local. */
  readonly contexts?: ReadonlyMap<string, ContextSource>
  /** --allow. A step that needs more is an error. */
  readonly entitlements?: readonly Entitlement[]
  /** Plan every stage, needed or not, for the sake of diagnostics. */
  readonly allStages?: boolean
  /** References that nobody has: stages on them are planned as if on an empty image. For checks only. */
  readonly missingImages?: ReadonlySet<string>
  /** For every RUN: --add-host, --ulimit, --shm-size. */
  readonly exec?: Pick<ExecOp, 'extraHosts' | 'ulimits' | 'shmSize'>
  /** What is known of images, by the references that `needs` asked for. */
  readonly images: ReadonlyMap<string, ResolvedImage>
}

/** An image that the planner must know before it can go on. */
export interface ImageNeed {
  /** As written, variables put in; a correct image name. Key of `PlanRequest.images`. */
  readonly reference: string
  readonly platform: Platform
  /** Where it is asked for. */
  readonly range: Range
  /** A stage whose name is nearly the same, when one was perhaps meant. */
  readonly near?: string
}

export type PlanOutcome =
  /** Resolve all of these and ask again. */
  | { readonly kind: 'needs'; readonly references: readonly ImageNeed[] }
  | {
      readonly kind: 'plan'
      readonly plan: Plan
      /** --build-arg names that no ARG declares. */
      readonly unusedBuildArgs: readonly string[]
      /** Warnings. */
      readonly diagnostics: readonly Diagnostic[]
    }
  /** At least one is an error. */
  | { readonly kind: 'diagnostics'; readonly diagnostics: readonly Diagnostic[] }

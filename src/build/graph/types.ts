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

export type Op = SourceOp | ExecOp | FileOp

/** The root file system of an image. */
export interface SourceOp {
  readonly kind: 'source'
  /** As written, for messages. */
  readonly reference: string
  readonly manifest: Digest
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
  /** Text of heredocs and the shell, for messages. */
  readonly hostname?: string
}

/** Changes files without running anything. Actions are done in order and make one layer. */
export interface FileOp {
  readonly kind: 'file'
  readonly root: InputIndex
  readonly actions: readonly FileAction[]
}

export type FileAction = CopyAction | MkdirAction | WriteAction

export interface CopyAction {
  readonly kind: 'copy'
  /** The build context, or the result of an input. */
  readonly from: { readonly kind: 'context' } | { readonly kind: 'input'; readonly input: InputIndex }
  /** Patterns as written (expanded), Go filepath.Match rules. */
  readonly sources: readonly string[]
  /** Absolute path; a trailing slash means directory. */
  readonly destination: string
  /** `user[:group]`, names or numbers; names are looked up in the root. */
  readonly chown?: string
  /** Octal or symbolic text. */
  readonly chmod?: string
  /** ADD: unpack local tar archives (any compression). */
  readonly unpack: boolean
}

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
}

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

import type { Range } from '../../foundation/errors/index.ts'
import type { ContainerConfig, Digest, History, ImageConfig, Platform } from '../../foundation/oci/index.ts'
import type { ParsedDockerfile, PointedDiagnostic } from '../dockerfile/index.ts'
import type { ExecOp, GitOp, HttpOp, Op } from './op-types.ts'

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
  /** The caller asked for `platform`: the result is for it, whatever its base is for. Otherwise it is for what its base is for. */
  readonly isPlatformGiven?: boolean
  readonly buildPlatform?: Platform
  /** Step names begin with the platform: the build is for several. */
  readonly platformInNames?: boolean
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
  /** References that nobody has: stages on them are planned as if on an empty image, to find what else is wrong. */
  readonly missingImages?: Pick<ReadonlySet<string>, 'has'>
  /** For every RUN: --add-host, --ulimit, --shm-size. */
  readonly exec?: Pick<ExecOp, 'extraHosts' | 'ulimits' | 'shmSize'>
  /** What is known of images, by the references that `needs` asked for, or by `imageKey` where the platform matters. */
  readonly images: ReadonlyMap<string, ResolvedImage>
  /** Answer to `needs-time`, in seconds; 'none' when it has no time. */
  readonly sourceTime?: number | 'none'
}

/** What SOURCE_DATE_EPOCH takes its time from. */
export type TimeSource =
  /** Key of `PlanRequest.contexts`. */
  | { readonly kind: 'context'; readonly name: string }
  /** What the only ADD of a stage fetches. */
  | { readonly kind: 'remote'; readonly op: HttpOp | GitOp }

/** An image that the planner must know before it can go on. */
export interface ImageNeed {
  /** As written, variables put in; a correct image name. */
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
  /** Ask again with its time as `sourceTime`. */
  | { readonly kind: 'needs-time'; readonly of: TimeSource }
  | {
      readonly kind: 'plan'
      readonly plan: Plan
      /** --build-arg names that no ARG declares. */
      readonly unusedBuildArgs: readonly string[]
      /** Warnings. */
      readonly diagnostics: readonly PointedDiagnostic[]
    }
  /** At least one is an error. */
  | { readonly kind: 'diagnostics'; readonly diagnostics: readonly PointedDiagnostic[] }

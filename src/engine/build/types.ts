import type { BuildContext, FoundIgnoreFile } from '../../build/context/index.ts'
import type { Entitlement, ExecOp, Plan } from '../../build/graph/index.ts'
import type { StepResult } from '../../build/ops/index.ts'
import type { CacheKey } from '../../build/solver/index.ts'
import type { ProgressSink } from '../../foundation/events/index.ts'
import type { HostPath, Platform, Reference, RuntimeResources } from '../../foundation/oci/index.ts'
import type { Image, ImageIndex } from '../../store/image/index.ts'
import type { Stack } from '../../store/snapshot/index.ts'
import type { CacheSecret } from '../cache/signature.ts'
import type { CacheSource, CacheTarget } from '../cache/types.ts'
import type { PullPolicy } from '../registry/pull-policy.ts'

/** Where files to copy come from, settled: what had to be fetched is in the store. */
export type ContextInput =
  /** Absolute path; its ignore file applies. */
  | { readonly kind: 'directory'; readonly path: HostPath }
  | { readonly kind: 'image'; readonly reference: string }
  /** Came as an archive, from a URL or a repository. `shown` is for messages. */
  | {
      readonly kind: 'layers'
      readonly shown: string
      readonly stack: Stack
      /** When it was made, for SOURCE_DATE_EPOCH: seconds since the epoch. Absent, or undefined: nobody can say. */
      readonly time?: () => Promise<number | undefined>
    }

/** Where the value of a secret is read when a step asks for it. */
export type SecretInput =
  | { readonly kind: 'file'; readonly path: HostPath }
  | { readonly kind: 'value'; readonly value: string }

/** Who answers for the caller's SSH keys. */
export type SshInput =
  | { readonly kind: 'agent'; readonly socket: HostPath }
  /** Private keys that an agent of this build holds. */
  | { readonly kind: 'keys'; readonly paths: readonly HostPath[] }

/** One build, with everything settled that a command line or a program can say. */
export interface BuildOptions {
  /** What COPY and ADD read; absent when there is none (Dockerfile on standard input). */
  readonly context?: ContextInput
  /** --build-context, by name. */
  readonly contexts?: ReadonlyMap<string, ContextInput>
  readonly dockerfile: DockerfileSource
  readonly target?: string
  readonly buildArgs?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly names?: readonly Reference[]
  readonly noCache?: boolean
  readonly noCacheFilter?: readonly string[]
  readonly network?: 'default' | 'none' | 'host'
  /** When images are asked for at their registries: `never` by default. */
  readonly pull?: PullPolicy
  readonly platform?: Platform
  /** Several: the result is an index of one image for each. `platform` does not count then. */
  readonly platforms?: readonly Platform[]
  /** --allow */
  readonly entitlements?: readonly Entitlement[]
  /** --secret, by id. */
  readonly secrets?: ReadonlyMap<string, SecretInput>
  /** --ssh, by id. */
  readonly ssh?: ReadonlyMap<string, SshInput>
  /** --add-host, --ulimit, --shm-size: for every RUN, and part of its key. */
  readonly exec?: Pick<ExecOp, 'extraHosts' | 'ulimits' | 'shmSize'>
  /** Limits of each RUN; no part of any key. */
  readonly resources?: Omit<RuntimeResources, 'devices'>
  /** cgroup below which those of the steps are made. */
  readonly cgroupParent?: string
  /** --annotation: of the manifest, or of all manifests. */
  readonly annotations?: Readonly<Record<string, string>>
  /** Of a build for several platforms: what `annotations` cannot say. */
  readonly indexAnnotations?: readonly IndexAnnotation[]
  /** --squash: the layers of this build become one on top of those of the base. */
  readonly squash?: boolean
  /** Files of the new layers are not newer than SOURCE_DATE_EPOCH; without one this does nothing. */
  readonly rewriteTimestamp?: boolean
  /** Steps that may execute at the same time; as many as there are processors, and at least four, when absent. */
  readonly parallelism?: number
  /** False: do not wait for the disk. */
  readonly sync?: boolean
  /** --cache-from: further results of steps, and --cache-to: where those of this build go. */
  readonly cacheFrom?: readonly CacheSource[]
  readonly cacheTo?: readonly CacheTarget[]
  /** Signs what is written; of what is read only what is signed with it counts. */
  readonly cacheKey?: CacheSecret
}

/** An annotation of an index, of what it says about an image, or of one image's manifest. */
export interface IndexAnnotation {
  readonly on: 'manifest' | 'index' | 'manifest-descriptor' | 'index-descriptor'
  /** Only of the image for it; absent: of all. */
  readonly platform?: Platform
  readonly key: string
  readonly value: string
}

export interface DockerfileSource {
  readonly text: string
  /** As the user would name it, for messages. */
  readonly name: string
  /** Where it lies, if it is a file: `<path>.dockerignore` goes with it. */
  readonly path?: HostPath
}

export interface BuildContextOptions {
  readonly events: ProgressSink
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Volatile state of the machine: networks, locks. */
  readonly runRoot: HostPath
  /** For fetching: proxies, certificates, PATH. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Where the helper's answer about the context is to be read (`comparedAhead`), if it was asked before. */
  readonly ahead?: string | undefined
}

export interface BuildResult {
  /** Of several the one for this machine, or the first. */
  readonly image: Image
  /** Of a build for several platforms. */
  readonly index?: ImageIndex
  readonly names: readonly string[]
  /** Build args that no ARG takes. */
  readonly unusedBuildArgs: readonly string[]
  /** For `recordBuild`. */
  readonly facts: BuildFacts
}

/** A directory that was read, and what decides what of it counts. */
export interface UsedContext {
  readonly context: BuildContext
  /** Where its ignore file is looked for, in order, and what was found. */
  readonly ignorePlaces: readonly HostPath[]
  readonly ignore: FoundIgnoreFile | undefined
}

/** What a build stood on. */
export interface BuildFacts {
  /** Milliseconds since the epoch; nothing but the Dockerfile had been looked at before. */
  readonly since: number
  /** One for each platform. */
  readonly plans: readonly { readonly plan: Plan }[]
  /** With the names that the Dockerfile has for them. */
  readonly bases: readonly { readonly reference: string; readonly image: Image }[]
  /** Results of steps, found or made. */
  readonly known: ReadonlyMap<CacheKey, StepResult>
  /** How many steps have one of them. Steps that are the same count each, unless they were done side by side with other results. */
  readonly knownSteps: number
  /** Whether anything has asked for the time of what is in a context or comes from elsewhere. */
  readonly asksForTimes: boolean
  /** Directories of the caller that steps have asked for. */
  readonly contexts: readonly UsedContext[]
}

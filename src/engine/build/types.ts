import type { ProgressSink } from '../../foundation/events/index.ts'
import type { HostPath, Platform, Reference } from '../../foundation/oci/index.ts'
import type { Image } from '../../store/image/index.ts'

/** One build, with everything settled that a command line or a program can say. */
export interface BuildOptions {
  /** Absolute path of the directory that COPY and ADD read; absent when there is none (Dockerfile on standard input). */
  readonly contextDirectory?: HostPath
  readonly dockerfile: DockerfileSource
  readonly target?: string
  readonly buildArgs?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly names?: readonly Reference[]
  readonly noCache?: boolean
  readonly noCacheFilter?: readonly string[]
  readonly network?: 'default' | 'none' | 'host'
  readonly platform?: Platform
  /** Steps that may execute at the same time. */
  readonly parallelism?: number
  /** False: do not wait for the disk. */
  readonly sync?: boolean
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
}

export interface BuildResult {
  readonly image: Image
  readonly names: readonly string[]
  /** Build args that no ARG takes. */
  readonly unusedBuildArgs: readonly string[]
}

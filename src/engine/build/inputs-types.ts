import type { HostPath } from '../../foundation/oci/index.ts'
import type { BuildContextOptions, ContextInput, DockerfileSource, SecretInput, SshInput } from './types.ts'

/** What a user types to say what is built. */
export interface BuildInputsRequest {
  /** A directory, `-` (standard input: a Dockerfile or an archive), a URL, a repository, or the file of an archive. */
  readonly context: string
  /** -f: a path, `-` (standard input), or a URL. Relative to `cwd`, then to the context. */
  readonly file?: string
  /** --build-context, in order; of equal names the last counts. */
  readonly namedContexts?: readonly { readonly name: string; readonly value: string }[]
  readonly cwd: HostPath
  readonly stdin: { readonly fd: number; readonly isTTY: boolean }
  /** Values for servers that want to know who asks (`HTTP_AUTH_TOKEN_host`, `GIT_AUTH_TOKEN`). */
  readonly secrets?: ReadonlyMap<string, SecretInput>
  /** For repositories behind ssh: the id `default`. */
  readonly ssh?: ReadonlyMap<string, SshInput>
  /** For fetching: HTTPS_PROXY, NO_PROXY, PATH and so on. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** BUILDKIT_CONTEXT_KEEP_GIT_DIR */
  readonly keepGitDir?: boolean
  /** Files of a repository that is the context have the time of its commit, unless its URL says another: SOURCE_DATE_EPOCH is given. */
  readonly commitTimes?: boolean
  /** Words that might have been meant where there is no such context: commands. */
  readonly commands?: readonly string[]
}

/** What is built, settled. What was fetched stays in the store until this is disposed. */
export interface BuildInputs extends Disposable {
  readonly dockerfile: DockerfileSource
  /** Always there: empty where the Dockerfile came alone. */
  readonly context: ContextInput
  /** Named contexts. */
  readonly contexts: ReadonlyMap<string, ContextInput>
}

export type BuildInputsContext = Pick<BuildContextOptions, 'events' | 'signal' | 'now'>

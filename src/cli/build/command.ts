import type { BuildOptions, IndexAnnotation, PullPolicy, SecretInput, SshInput } from '../../engine/index.ts'
import type { Platform } from '../../foundation/oci/index.ts'
import type { ProgressKind } from '../progress/choose.ts'
import type { BuildCall } from './call-option.ts'
import type { OutputOption } from './output-option.ts'

/** What an engine option of the same name is, when the command line gives it. */
type Step = Pick<
  BuildOptions,
  'exec' | 'resources' | 'cgroupParent' | 'entitlements' | 'cacheFrom' | 'cacheTo' | 'cacheKey'
>

/** The command line of `tsbuild build`, parsed. */
export interface BuildCommand extends Step {
  /** A directory, an archive, a URL, or `-` for standard input. */
  readonly context: string
  readonly file: string | undefined
  readonly tags: readonly string[]
  readonly target: string | undefined
  readonly buildArgs: Readonly<Record<string, string>>
  /** --build-context, as written, by name. */
  readonly contexts: ReadonlyMap<string, string>
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly noCache: boolean
  readonly noCacheFilter: readonly string[]
  readonly outputs: readonly OutputOption[]
  readonly network: 'default' | 'none' | 'host'
  readonly platform: Platform | undefined
  /** More than one; `platform` is undefined then. */
  readonly platforms: readonly Platform[] | undefined
  /** For several platforms: all annotations, in the place of `annotations`. */
  readonly indexAnnotations: readonly IndexAnnotation[]
  /** Of what the index.json of an archive or layout says of the result. */
  readonly descriptorAnnotations: Readonly<Record<string, string>>
  /** When images are asked for at their registries. */
  readonly pull: PullPolicy
  readonly push: boolean
  readonly squash: boolean
  readonly rewriteTimestamp: boolean
  readonly secrets: ReadonlyMap<string, SecretInput>
  readonly ssh: ReadonlyMap<string, SshInput>
  /** --check, --call. */
  readonly call: BuildCall | undefined
  readonly fix: boolean
  readonly progress: ProgressKind
  readonly iidfile: string | undefined
  readonly metadataFile: string | undefined
  readonly sync: boolean
  readonly jobs: number | undefined
  readonly root: string | undefined
  /** What the build may be remembered by; see `buildKey`. */
  readonly recipeKey?: string
  /** What the user asked for and does not get. */
  readonly warnings: readonly string[]
}

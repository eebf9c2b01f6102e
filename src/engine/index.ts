/** The use cases. The only place where rooms are wired together. */

export { applyFixes as applyCheckFixes, rules as checkRules } from '../build/lint/index.ts'
export { StepFailed } from '../build/ops/index.ts'
export type { ArchiveSource, LoadedImage, NamedImage } from '../store/archive/index.ts'
export { build } from './build/build.ts'
export { type CheckReport, checkBuild, checkSarif, outlineBuild, targetsOfBuild } from './build/check.ts'
export { findDockerfile } from './build/find-dockerfile.ts'
export { openBuildInputs } from './build/inputs.ts'
export type { BuildInputs, BuildInputsContext, BuildInputsRequest } from './build/inputs-types.ts'
export { type BuildOutput, writeOutput } from './build/output.ts'
export type { BuildWish } from './build/record-build.ts'
export type {
  BuildContextOptions,
  BuildOptions,
  BuildResult,
  ContextInput,
  DockerfileSource,
  IndexAnnotation,
  SecretInput,
  SshInput,
} from './build/types.ts'
export type { MountsWish } from './cache/mounts.ts'
export type { CacheAddress, CacheSource, CacheTarget } from './cache/types.ts'
export { type ContextUsage, contextUsage } from './context/usage.ts'
export {
  type ContextView,
  type IgnoredEntry,
  openContextView,
  type PathDecision,
} from './context/view.ts'
export type { CheckedFinding, CheckedStep, StoreReport, VerifyOptions } from './fsck/types.ts'
export type { CollectReport } from './gc/collect.ts'
export type { CacheRow, ImageSpace } from './gc/details.ts'
export type { SpaceLimits } from './gc/limits.ts'
export { familiar, namesByImage, namesOf, requireImage, tagImage } from './images.ts'
export { configOfChanges } from './images-changes.ts'
export { isBeingMade } from './images-in-the-making.ts'
export {
  type HistoryRow,
  type ImageInspection,
  imageHistory,
  inspectImage,
} from './images-inspect.ts'
export { type ImageFilters, type ImageRow, imageSize, listImages } from './images-list.ts'
export { freeUnreferenced, type PruneOptions, type PruneReport, pruneStore } from './images-prune.ts'
export { type ImageUser, type Removal, removalLine, removeImage, untagImage } from './images-remove.ts'
export {
  type ImportImageOptions,
  importImage,
  loadImages,
  type SaveFormat,
  type SaveTarget,
  saveImages,
  saveNamedImages,
} from './images-transfer.ts'
export { storeUsage, type UsageRow } from './images-usage.ts'
export { imageUsersIn } from './images-users.ts'
export type { Credential } from './logins.ts'
export type { EntryChange } from './manifest-lists.ts'
export type { NetworkMember, NetworkPlaces, NetworkRecord, NetworkWish } from './networks.ts'
export type {
  LayerCompression,
  PulledName,
  PullPolicy,
  PushedName,
  TransferEvent,
} from './registry/index.ts'
export type { ReproFinding, ReproReport } from './repro/repro.ts'
export * from './run/index.ts'
export { openStore, type Store, type StoreOptions } from './store.ts'
export type { PrunedVolumes, UsedVolume, Volume } from './volumes.ts'

/** Building twice. Loaded when asked for. */
export const reproCases = (): Promise<typeof import('./repro/repro.ts')> => import('./repro/repro.ts')

/** Comparing images. Loaded when asked for. */
export const imageDiffCases = (): Promise<typeof import('./image-diff.ts')> => import('./image-diff.ts')

/** Lists of images for several platforms. Loaded when asked for. */
export const manifestCases = (): Promise<typeof import('./manifest-lists.ts')> =>
  import('./manifest-lists.ts')

/** What is done with the file systems of containers. Loaded when asked for. */
export const fileCases = (): Promise<typeof import('./container-files.ts')> => import('./container-files.ts')

/** Copying from and to containers. Loaded when asked for. */
export const copyCases = (): Promise<typeof import('./container-copy.ts')> => import('./container-copy.ts')

/** Sizes of containers, and removing those that do not run. Loaded when asked for. */
export const sizeCases = (): Promise<typeof import('./container-sizes.ts')> => import('./container-sizes.ts')

/** What is done with networks. Loaded when asked for. */
export const networkCases = (): Promise<typeof import('./networks.ts')> => import('./networks.ts')

/** What is done with volumes. Loaded when asked for: neither a build nor a plain run needs it. */
export const volumeCases = (): Promise<typeof import('./volumes.ts')> => import('./volumes.ts')

/** Dropping the build cache by size. Loaded when asked for. */
export const collectCases = (): Promise<typeof import('./gc/index.ts')> => import('./gc/index.ts')

/** The check of a whole store. Loaded when asked for. */
export const checkCases = (): Promise<typeof import('./fsck/verify-store.ts')> =>
  import('./fsck/verify-store.ts')

/** Build caches in registries and directories, and cache mounts as archives. Loaded when asked for. */
export const cacheCases = (): Promise<typeof import('./cache/index.ts')> => import('./cache/index.ts')

/** Credentials and tags of registries. Loaded when asked for. */
export const loginCases = (): Promise<typeof import('./logins.ts')> => import('./logins.ts')

export type { Recompression } from './registry/index.ts'
/** Pulling and pushing. Loaded when asked for: a build or a run of what is here needs no registry. */
export const transferCases = (): Promise<typeof import('./registry/index.ts')> =>
  import('./registry/index.ts')

/** Writing down a build, so that the helper can do it again alone when there is nothing to do. Loaded when asked for. */
export const buildRecipes = (): Promise<typeof import('./build/record-build.ts')> =>
  import('./build/record-build.ts')

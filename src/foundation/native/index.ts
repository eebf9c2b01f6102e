/** Typed client of the C helper (native/); nobody else spawns it. */

export { addCgroups } from './add-cgroups.ts'
export { type ComparedAhead, comparedAhead } from './ahead.ts'
export { type DetachedOptions, launchDetached } from './detached.ts'
export { digestTree, gzipPlainTree } from './digest-tree.ts'
export {
  applySpecials,
  type CopyPlace,
  changedDirectories,
  copyEntry,
  giveTree,
  type IdMove,
  listDirectories,
  type NewOwner,
  removeTrees,
  scanTree,
  sweepAside,
  syncAside,
  syncFilesystem,
} from './fsops.ts'
export type { FsOp, SkippedXattr } from './fsops-batch.ts'
export { decodeScan } from './fsops-scan.ts'
export { type Inflated, type InflatedIndex, InflateError, inflateInto } from './inflate.ts'
export { type NativeProcess, nativeBinary, spawnNative, spawnNativeSync, useNativeBinary } from './launch.ts'
export { writeLayerImage } from './layer-image.ts'
export { NativeError } from './native-error.ts'
export {
  type BridgeOptions,
  connectInterface,
  disconnectInterface,
  ensureBridge,
  removeBridge,
  routeInterface,
} from './network.ts'
export { requestHead } from './op-writer.ts'
export { type PackedFile, type PackFailure, type Packing, packFailure, startPacking } from './pack.ts'
export type { RecipeItem } from './recipe-items.ts'
export { replaceInterfaces } from './replace-network.ts'
export { encodeArguments, encodeJoinRequest, encodeRequest } from './request.ts'
export { execInContainer, runContainer } from './run.ts'
export { type HelperEvent, parseHelperEvent } from './status.ts'
export { openStepLane, type StepLane, type StepStatus } from './step-lane.ts'
export type {
  ContainerHook,
  ContainerLife,
  ContainerRequest,
  ExitStatus,
  InterfaceAddress,
  JoinRequest,
  LayerImage,
  MemoryFile,
  MountTree,
  NetworkInterface,
  NetworkSetup,
  ProcessIo,
  RootMount,
  RunOptions,
  Stdio,
} from './types.ts'

/** Writing down what the helper is to do alone another time (docs/adr/0007, 0008). Loaded when asked for. */
export const recipeItems = (): Promise<typeof import('./recipe-items.ts')> => import('./recipe-items.ts')

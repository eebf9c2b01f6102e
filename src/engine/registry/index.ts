/** What is done with registries: loaded when asked for, with everything that speaks https. */
export type { LayerState, Pulled, Pushed, Recompression, TransferEvent } from '../../store/transfer/index.ts'
export { compressNamed } from './compress-named.ts'
export { notPulled } from './not-pulled.ts'
export type { TransferContext } from './open-transfer.ts'
export { type PullContext, type PulledName, type PullWish, pull } from './pull.ts'
export type { PullPolicy } from './pull-policy.ts'
export {
  type LayerCompression,
  type PushContext,
  type PushedName,
  type PushWish,
  parseCompression,
  push,
  pushTargets,
} from './push.ts'

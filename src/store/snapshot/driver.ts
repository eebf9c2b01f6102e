import type { RootMount } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { LayerEntry } from '../layer/index.ts'
import type { CommitOptions, LayerId, Stack, TreesSeen } from './types.ts'

/** A writable state: its directory in the store and what it stands on. */
export interface WritableState {
  readonly directory: HostPath
  readonly stack: Stack
}

/** How states of file systems are put together: by overlay mounts, or by copying. */
export interface Driver {
  /** Read-only. */
  view(stack: Stack, signal?: AbortSignal): Promise<RootMount>
  /** Fills the empty directory of the state with what a new writable state needs. */
  start(state: WritableState, signal?: AbortSignal, seen?: TreesSeen): Promise<RootMount>
  /** The mount of a state that was started before, perhaps by a process that is gone; nobody has it mounted now. */
  resume(directory: HostPath, stack: Stack, signal?: AbortSignal): Promise<RootMount>
  /** The changes as a layer; may take the state's directory apart. */
  finish(state: WritableState, options: CommitOptions): Promise<LayerId>
  /** The changes so far as a layer; the state lives on, and may be in use. */
  capture(state: WritableState): Promise<LayerId>
  /** The changes so far, without their bytes. */
  changes(state: WritableState): readonly LayerEntry[]
}

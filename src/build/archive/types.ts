import type { HostPath } from '../../foundation/oci/index.ts'
import type { LayerTarWriter } from '../../store/layer/index.ts'

/** An archive whose files can be written as a layer until it is disposed. */
export interface ContextArchive extends Disposable {
  /** Adds everything, in the order that the writer wants. Does not call `finish`. */
  write(writer: LayerTarWriter): void
}

export interface ArchiveRequest {
  readonly path: HostPath
  /** Where unpacked bytes may lie for a while: existing, names in it are `ownedName`s. */
  readonly stage: HostPath
  /** For messages. */
  readonly shown: string
  readonly signal: AbortSignal
  /** Time of the root directory, seconds since the epoch: what an archive says of it is not taken, as docker has it. */
  readonly now: number
}

import type { HostPath } from '../../foundation/oci/index.ts'
import type { Lock } from '../../foundation/sys/index.ts'

/** A directory that outlives containers, as `volume.json` has it. Who uses it is not written down anywhere: containers say so. */
export interface Volume {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Of the driver `local`: `type`, `device`, `o`. Empty for a plain directory. */
  readonly options: Readonly<Record<string, string>>
  /** RFC 3339. */
  readonly created: string
  /** Nobody gave it a name: it goes with the container that it was made for (`rm -v`, `--rm`) and with `volume prune`. */
  readonly anonymous: boolean
  /** Where its files lie, also when a driver option mounts something else in containers. */
  readonly mountpoint: HostPath
}

export interface VolumeWish {
  /** 64 random hex digits, and anonymous, when absent. */
  readonly name?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly options?: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** The right to make, fill and remove some volumes. Lapses with this process. */
export interface VolumesHeld extends Lock {
  /** The volume of that name, made when there is none; the labels and options of one that is there stay. Throws `store-io`. */
  ensure(wish: VolumeWish & { readonly name: string }): { readonly volume: Volume; readonly made: boolean }
  /**
   * When the volume is empty, `write` fills an empty directory beside it, whose entries are then moved in, and whose owner, mode and
   * xattrs the volume gets. What was interrupted in `write` is never seen, what was interrupted later is finished by
   * the next holder. False when there was something in the volume.
   */
  fill(name: string, write: (directory: HostPath) => void): boolean
  /** Renames it to the trash. False when there is none. */
  remove(name: string): boolean
}

export interface HoldOptions {
  /** Milliseconds to wait for others; half an hour by default, since a large volume takes its time to be filled. */
  readonly patience?: number
  readonly signal?: AbortSignal
}

/** The volumes of one store. Nothing is kept in memory between calls. */
export interface VolumeStore {
  /** Throws `volume-damaged`. */
  get(name: string): Volume | undefined
  /** Sorted by name; without those that are damaged. */
  list(): readonly Volume[]
  /** Names of those whose records cannot be read: only their removal is possible. */
  damaged(): readonly string[]
  /** Bytes on the disk. */
  size(volume: Volume): number
  /** Waits for other commands that change one of the volumes; they need not exist. Throws `bad-volume-name`, `locked`, `store-io`. */
  hold(names: readonly string[], options?: HoldOptions): Promise<VolumesHeld>
  /**
   * Remembers that volumes go when the container `id` is gone (or was never finished), until `forget`. `heirs` has what is remembered.
   */
  bequeath(id: string, names: readonly string[]): void
  forget(id: string): void
  heirs(): ReadonlyMap<string, readonly string[]>
  /** Moves what killed commands left half-made to the trash, and removes their locks. */
  sweep(): void
}

import type { FileTree } from '../../foundation/filetree/index.ts'
import type { RootMount } from '../../foundation/native/index.ts'
import type { Brand, Descriptor, DiffId, Digest, HostPath } from '../../foundation/oci/index.ts'
import type { LayerCompression } from '../compression/index.ts'
import type { LayerEntry, LayerEntryWriter, LayerTarWriter } from '../layer/index.ts'

/** Names one layer in this store: 32 hex digits, chosen at random when the layer is made. */
export type LayerId = Brand<string, 'LayerId'>

/** A file system state: layers, bottom first. [] is the empty root (scratch). A value: equal lists are equal states. */
export type Stack = readonly LayerId[]

/**
 * What is known of a layer. It has at least one form: `tree` (a directory that can be an overlay lowerdir), `blob`
 * (its tar in the content store, as it came: uncompressed with digest == diffId, or compressed), or `patch`.
 */
export interface LayerRecord {
  readonly id: LayerId
  readonly tree: boolean
  readonly blob?: Descriptor
  /** The uncompressed tar of another layer, in the content store, of pieces of which this one's consists (docs/adr/0009). */
  readonly patch?: Descriptor
  readonly diffId?: DiffId
  /** Bytes of the uncompressed tar, known together with diffId. */
  readonly tarSize?: number
  /** Seconds since the epoch. */
  readonly created: number
  /** Set until a syncfs has covered the layer; a layer of another boot with this set is dropped at open. */
  readonly volatileBoot?: string
}

/** A writable state in the making. Nothing of it is in the store until `commit`. */
export interface ActiveSnapshot {
  /** For the process that writes; the mount is made in that process's own namespace. */
  readonly root: RootMount
  /** The changes so far become a layer; its tar form is made later, when asked for, and so is its DiffId unless `isNamed`. */
  commit(options?: CommitOptions): Promise<LayerId>
  /** Renames what there is to the trash. Also when the process dies: the next `openSnapshots` finds the lapsed lease. */
  discard(): Promise<void>
}

export interface CommitOptions {
  /** What the helper says of the upper directory as it is now, where somebody has asked already. */
  readonly scan?: Buffer | undefined
  /** The same as an index file, without the directory itself. */
  readonly index?: Buffer | undefined
  /** Something is going to ask for the DiffId: it is computed from now on, in the background. */
  readonly isNamed?: boolean
  /** `sync` is going to be called: what there is much of begins to be written to the disk, in the background. */
  readonly isSynced?: boolean
}

/** What the leases of live processes keep. */
export interface Held {
  /** Milliseconds since the epoch; what is as new as this stays. Infinity without leases. */
  readonly since: number
  readonly layers: ReadonlySet<LayerId>
  readonly blobs: ReadonlySet<Digest>
  /** How many other processes' leases there are. */
  readonly others: number
}

/** A form of a layer that has another one besides, from which it can be made again. */
export interface SecondForm {
  readonly layer: LayerId
  /** `compressed` are blobs that this store made. */
  readonly kind: 'tree' | 'tar' | 'compressed' | 'patch'
  /** Of the blob; absent for a tree and a patch. */
  readonly digest?: Digest
  /** On the disk. */
  readonly bytes: number
  /** What it takes to make it again, a guess by its size. */
  readonly milliseconds: number
  /** Milliseconds since the epoch. */
  readonly lastUsed: number
}

/** What garbage collection starts from: everything that images and cache records name. */
export interface PruneRoots {
  readonly layersInUse: ReadonlySet<LayerId>
  /** Manifests and configs; blobs of layers are kept with their layers. */
  readonly blobsInUse: ReadonlySet<Digest>
}

/** Looks through a store for what is in use. */
export type CountRoots = (layers: readonly LayerRecord[]) => PruneRoots

/** How many were dropped. */
export interface PruneResult {
  readonly layers: number
  readonly blobs: number
  /** Of both, as they were. */
  readonly bytes: number
}

/**
 * Takes over what a layer has below `path`, as it stands in bytes `start` to `end` of its tar. Errors: `layer-not-found`,
 * `layer-io`.
 */
export type CopySubtree = (from: {
  readonly layer: LayerId
  readonly path: string
  readonly start: number
  readonly end: number
}) => void

/** How much a layer is going to be: files to be read, and bytes, of which so many are copied from an earlier layer, if that is known. */
export interface WriteSize {
  readonly files: number
  readonly bytes: number
  readonly copied?: number
}

/** Trees of layers that a command has found, and holds by its lease: each step of a build stands on all layers of the one before. */
export type TreesSeen = Map<LayerId, HostPath>

export interface SnapshotStore {
  /** Makes tree forms of the layers that lack one, then a fresh upperdir. What is in `seen` is not looked at again. */
  prepare(stack: Stack, signal?: AbortSignal, seen?: TreesSeen): Promise<ActiveSnapshot>
  /** A long-lived writable state for a container, kept under `id` until `removeOwned(id)`. Asked again, it is the same state with a fresh workdir. */
  prepareFor(id: string, stack: Stack, signal?: AbortSignal): Promise<RootMount>
  /** Makes `prepareFor`'s state where there is none. One that is there is left alone: something may run on it. */
  ensureOwned(id: string, stack: Stack): Promise<void>
  removeOwned(id: string): void
  /** Upperdir of `prepareFor`'s state as a new layer (commit) without ending it. */
  commitOwned(id: string): Promise<LayerId>
  /** What `prepareFor`'s state has changed so far, in tree order. Throws `snapshot-not-found`. */
  changesOf(id: string): readonly LayerEntry[]
  /** Read-only. */
  view(stack: Stack, signal?: AbortSignal): Promise<RootMount>
  /** Large layers are no longer mounted as images, as long as this store is open. */
  unpackFromNow(): void
  /** A layer made by writing its tar; the tree is made when first needed. */
  writeLayer(write: (writer: LayerTarWriter, copy: CopySubtree) => void): LayerId
  /**
   * The same, beside this process where it is worth it: `write` goes on, step by step, when there is room for more. Then `meanwhile` is
   * called when all has been said, before the layer is there.
   */
  writeLargeLayer(
    size: WriteSize,
    write: (writer: LayerEntryWriter, copy: CopySubtree) => Iterable<undefined>,
    meanwhile?: () => void,
  ): Promise<LayerId>
  /** Has the layer its uncompressed tar or a patch, to be copied from? Then it looks new, so that a prune leaves it alone. */
  offersTar(id: string): id is LayerId
  /**
   * Changes with everything that happens to the file of that tar, so also with bytes that somebody else has changed in it; undefined when
   * there is none.
   */
  tarStamp(id: LayerId): string | undefined
  /**
   * A layer from a tar (none, gzip or zstd, told by magic) that is in the content store already. Checks `diffId` when given. `hashed`: the
   * caller has just brought the blob in, hashed on its way; of an uncompressed one only the headers are read then.
   */
  addLayer(blob: Descriptor, diffId?: DiffId, options?: { readonly hashed?: boolean }): Promise<LayerRecord>
  /**
   * The same while the blob is still coming: `chunks` are its bytes in order, and are read once. When they have ended, `arrived` settles
   * when the blob is in the content store, its digest checked.
   */
  addLayerFrom(
    chunks: AsyncIterable<Uint8Array>,
    blob: Descriptor,
    diffId: DiffId,
    arrived: Promise<unknown>,
  ): Promise<LayerRecord>
  /** DiffId and tar size, computed (without writing the tar) and remembered if not known. */
  describe(id: LayerId): Promise<{ readonly diffId: DiffId; readonly tarSize: number }>
  /** The tar form, made if there is none; its blob is in the content store. Uncompressed unless the layer came compressed and `keepCompressed`. */
  tarOf(
    id: LayerId,
    options?: { readonly keepCompressed?: boolean },
  ): Promise<Descriptor & { readonly path: HostPath }>
  /**
   * A compressed form, made if there is none: its blob is in the content store and stays there as long as the layer. The same layer is
   * compressed the same way only once. Throws `compression-failed`.
   */
  compressedOf(
    id: LayerId,
    compression: LayerCompression,
    signal?: AbortSignal,
  ): Promise<Descriptor & { readonly path: HostPath }>
  /** The compressed blobs of the layer that are in the content store: those that it came as, and those of `compressedOf`. */
  formsOf(id: LayerId): readonly Descriptor[]
  /** Forms that could go, of layers that neither containers nor running commands hold. */
  secondForms(): Promise<readonly SecondForm[]>
  /**
   * Drops those of `secondForms` that still can go, and of each layer at least one form stays: a tar goes only when the tree makes the
   * same one, which is tried. Those that went. Errors: `locked`.
   */
  dropForms(forms: readonly SecondForm[]): Promise<readonly SecondForm[]>
  get(id: LayerId): LayerRecord | undefined
  findByDiffId(diffId: DiffId): LayerRecord | undefined
  /** Merged view of a stack, answered from the layers' indexes; nothing is unpacked. */
  union(stack: Stack): FileTree
  /** Bytes on disk of one layer, all forms. */
  usage(id: LayerId): number
  /** The same of all layers. */
  usages(): ReadonlyMap<LayerId, number>
  list(): Iterable<LayerRecord>
  /**
   * Which of many layers with known DiffIds are there as of now, for verbs that only show them. `hasTar` is `ContentStore.present`; looked
   * at are one directory and the layers that have no tar. That a tar is as long as it should be is not.
   */
  present(hasTar: (diffId: DiffId) => boolean): (id: LayerId, diffId: DiffId) => boolean
  remove(id: LayerId): void
  /**
   * Does `work` while no prune runs and no command can begin that would take a lease: what it decides by the leases stays right until
   * it is done. On a full disk it goes without this where no other process holds a lease. Errors: `locked`, `store-full`.
   */
  quietly<T>(work: (held: Held) => T): Promise<T>
  /** Layers that containers stand on, and those that live leases keep: named ones, and all that are as new as the oldest of them. */
  heldLayers(): ReadonlySet<LayerId>
  /**
   * Renames layers and blobs that neither `roots`, nor containers, nor live leases (`acquireLease`) need to the trash.
   * Give a function where other commands may run: it is called when no new lease can be taken any more, with all layers that there are.
   */
  pruneUnreferenced(roots: PruneRoots | CountRoots): Promise<PruneResult>
  /**
   * Deletes what has lain in the trash for `minAge` milliseconds (default: all); slow, and it slows the next creations of files
   * (LIMITS: nothing is deleted on a hot path).
   */
  emptyTrash(minAge?: number): void
  /** The same in the background: starts a process for it when there is something to do, and returns. */
  sweepTrash(minAge: number): void
  /** One syncfs over the store; all layers made so far lose their volatile mark. */
  sync(): Promise<void>
}

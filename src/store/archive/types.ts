import type { Descriptor, Digest, HostPath, Platform, Reference } from '../../foundation/oci/index.ts'
import type { ContentStore } from '../content/index.ts'
import type { Image, ImageStore } from '../image/index.ts'
import type { SnapshotStore } from '../snapshot/index.ts'

/** The parts of the store that archives are made from and read into. */
export interface ArchiveStore {
  readonly content: ContentStore
  readonly snapshots: SnapshotStore
  readonly images: ImageStore
}

/** Takes bytes in order. `write` is synchronous and keeps no reference to the chunk. */
export interface ByteSink {
  write(chunk: Uint8Array): void
}

/** Where an archive comes from: a file, or an open descriptor such as standard input. */
export type ArchiveSource =
  | { readonly kind: 'file'; readonly path: HostPath }
  | { readonly kind: 'fd'; readonly fd: number }

/** An image to save under these names; none saves it nameless, to be loaded by id. */
export interface NamedImage {
  readonly image: Image
  readonly names: readonly Reference[]
}

/** One file of an archive or layout that is being written: its bytes, or where they lie. */
export type ArchiveFile =
  | { readonly name: string; readonly bytes: Uint8Array }
  | {
      readonly name: string
      readonly path: HostPath
      readonly size: number
      /** What the bytes must be; they are checked while they are copied. */
      readonly digest: Digest
    }

/** A name that an archive brought. */
export interface LoadedName {
  readonly name: Reference
  /** The other image that had this name until now. */
  readonly replaced?: Digest
}

export interface LoadedImage {
  readonly image: Image
  readonly names: readonly LoadedName[]
}

export interface LoadOptions {
  /** Which one to take where an index offers several; this machine's by default. */
  readonly platform?: Platform
  readonly signal?: AbortSignal
}

/** An image as an archive describes it, its blobs in the content store by now. */
export interface ArchivedImage {
  readonly config: Digest
  /** The manifest, where the archive has one. */
  readonly manifest?: Descriptor
  /** Bottom first. */
  readonly layers: readonly Descriptor[]
  readonly names: readonly Reference[]
}

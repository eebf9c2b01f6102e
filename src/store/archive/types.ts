import type { Descriptor, Digest, HostPath, Platform, Reference } from '../../foundation/oci/index.ts'
import type { ContentStore } from '../content/index.ts'
import type { Image, ImageIndex, ImageStore } from '../image/index.ts'
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
  /** Of an index the one that readers get who know no indexes. */
  readonly image: Image
  readonly names: readonly Reference[]
  /** All platforms that are in the store are saved, and the index as it is. */
  readonly index?: ImageIndex
  /** Of what index.json says of it. */
  readonly annotations?: Readonly<Record<string, string>>
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
  /** Of an index the one for this machine, or the first. */
  readonly image: Image
  readonly index?: ImageIndex
  readonly names: readonly LoadedName[]
}

export interface LoadOptions {
  /** Only this one, where an index offers several; by default all that are there, as an index. */
  readonly platform?: Platform
  readonly signal?: AbortSignal
}

/** An index of an archive, and the images of it that the archive has. */
export interface ArchivedIndex {
  readonly index: Descriptor
  readonly images: readonly ArchivedImage[]
  /** Manifests of attestations and what those name, as far as the archive has them. */
  readonly artifacts: readonly Digest[]
  readonly names: readonly Reference[]
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

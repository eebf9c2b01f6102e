import type { Descriptor, Digest, HostPath, Platform } from '../../foundation/oci/index.ts'
import type { LayerCompression } from '../compression/index.ts'
import type { ContentStore } from '../content/index.ts'
import type { Image, ImageIndex, ImageStore } from '../image/index.ts'
import type { Registry } from '../registry/index.ts'
import type { SnapshotStore } from '../snapshot/index.ts'

/** The parts of the store that images come into and go out of. */
export interface TransferStore {
  readonly root: HostPath
  readonly content: ContentStore
  readonly snapshots: SnapshotStore
  readonly images: ImageStore
}

/** What happens to a blob. `size` is in bytes. */
export type TransferEvent =
  /** The registry has said what the name stands for. */
  | { readonly kind: 'resolved'; readonly descriptor: Descriptor }
  /** A manifest is about to be taken or sent layer by layer. `platform` where there are several. */
  | { readonly kind: 'image'; readonly layers: readonly Digest[]; readonly platform?: Platform }
  | { readonly kind: 'layer'; readonly digest: Digest; readonly state: LayerState; readonly size: number }
  | { readonly kind: 'progress'; readonly digest: Digest; readonly done: number; readonly total: number }
  /** A repository from which the registry took the blob itself. */
  | { readonly kind: 'mounted'; readonly digest: Digest; readonly from: string }
  | { readonly kind: 'warning'; readonly message: string }

/**
 * Pull: `started` (or `waiting` for another process that fetches the same, or `resumed`), `fetched`, `done`; `exists` when it was here.
 * Push: `preparing` (being compressed), `started`, `done`; `exists` when it was there.
 */
export type LayerState = 'exists' | 'preparing' | 'waiting' | 'resumed' | 'started' | 'fetched' | 'done'

export interface Transfer {
  readonly store: TransferStore
  readonly registry: Registry
  readonly events: (event: TransferEvent) => void
  readonly signal?: AbortSignal
  /** Layers at a time, 6 by default. */
  readonly parallel?: number
}

export interface PullOptions {
  /** Which image of an index; this machine's by default. One that was asked for must fit. */
  readonly platform?: Platform
  /** All images of an index. */
  readonly allPlatforms?: boolean
}

export interface Pulled {
  /** What the name stood for: an index or a manifest. */
  readonly descriptor: Descriptor
  /** The one for the platform; of `allPlatforms` the one for this machine, or the first. */
  readonly image: Image
  /** The name led to the same before. */
  readonly upToDate: boolean
}

export interface PushOptions {
  /** For layers that have no compressed form yet. Absent: gzip, and documents that came from a registry stay as they are. */
  readonly compression?: LayerCompression
  /** Compress layers so that have another form already. */
  readonly force?: boolean
  /** Only this image of an index. */
  readonly platform?: Platform
  /** Without the tag: it can be had by its digest alone. */
  readonly byDigest?: boolean
}

/** What is to be sent: an image, or an index of images. */
export type Pushable = Image | ImageIndex

export interface Pushed {
  readonly descriptor: Descriptor
  /** The registry had all of it. */
  readonly upToDate: boolean
}

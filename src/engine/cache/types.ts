import type { Descriptor, DiffId, Digest, HostPath } from '../../foundation/oci/index.ts'
import type { LayerCompression } from '../../store/compression/index.ts'

/** Where results of build steps lie for other stores: an artifact in a registry, or a directory in the form of an OCI layout. */
export type CacheAddress =
  | { readonly kind: 'registry'; readonly reference: string }
  | { readonly kind: 'local'; readonly directory: HostPath; readonly tag: string; readonly digest?: Digest }

/** `--cache-from` */
export type CacheSource = CacheAddress

/** `--cache-to` */
export interface CacheTarget {
  /** `inline` goes with the image itself. */
  readonly address: CacheAddress | { readonly kind: 'inline' }
  /** `min`: only steps whose layers are in the image; `max`: all of the build. */
  readonly mode: 'min' | 'max'
  /** A failure is a warning. */
  readonly ignoreError: boolean
  readonly compression?: LayerCompression
  /** Compress layers so that came in another form. */
  readonly force: boolean
  /** Leave blobs in the directory that none of its entries names any more. */
  readonly keepOld: boolean
}

/** A layer as a cache knows it: what it unpacks to, and the blob that it is fetched as. */
export interface CachedLayer {
  readonly diffId: DiffId
  readonly blob: Descriptor
}

/** What a cache says of one step. */
export interface CachedStep {
  /** Portable keys: any of them stands for the step. */
  readonly keys: readonly Digest[]
  /** Bottom first. */
  readonly layers: readonly CachedLayer[]
  readonly name: string
  /** When its layer was made: milliseconds since the epoch. */
  readonly created: number
  /** What executing it took. */
  readonly milliseconds: number
}

/** A document of a cache with what speaks for it. */
export interface SignedDocument {
  readonly bytes: Buffer
  readonly signature: string | undefined
  /** Of records that come with an image: the blobs of its layers. */
  readonly blobs?: ReadonlyMap<DiffId, Descriptor>
}

/** Reads one cache. Throws what registries and files throw. */
export interface CachePlace {
  /** For messages; never with credentials. */
  readonly shown: string
  /** Undefined: what lies there is an image that carries no cache. Throws when there is nothing. */
  read(): Promise<SignedDocument | undefined>
  /** Brings a layer into the store. Its digest and its DiffId are checked. */
  fetch(layer: CachedLayer, signal: AbortSignal): Promise<void>
}

/** A blob and the file that holds it. */
export type BlobFile = Descriptor & { readonly path: HostPath }

/** Writes one cache. What others read changes when `finish` is done, and not before. */
export interface CacheSink {
  readonly shown: string
  has(blob: Descriptor): Promise<boolean>
  add(blob: BlobFile): Promise<void>
  finish(document: SignedDocument, layers: readonly Descriptor[]): Promise<void>
}

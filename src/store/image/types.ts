import type {
  Descriptor,
  Digest,
  ImageConfig,
  Index,
  Manifest,
  Platform,
  Reference,
} from '../../foundation/oci/index.ts'
import type { LayerRecord, Stack } from '../snapshot/index.ts'

/** An image in the store, whole. */
export interface Image {
  /** Digest of the config: docker's image id. */
  readonly id: Digest
  readonly manifest: Descriptor
  readonly config: ImageConfig
  readonly stack: Stack
}

/** What lists show of an image in the store: its config has not been read. */
export interface ImageSummary {
  readonly id: Digest
  readonly manifest: Descriptor
  readonly stack: Stack
  /** RFC 3339, as the config says. */
  readonly created?: string
  /** Bytes of the uncompressed tars of its layers; absent where one was never made. */
  readonly size?: number
}

/** One image of an index. */
export interface IndexImage {
  /** As the index says; where it says nothing, as the config does. */
  readonly platform: Platform
  readonly image: Image
}

/** Images for several platforms under one name: an index document, and those of its images that are in the store. */
export interface ImageIndex {
  /** Of the document. */
  readonly descriptor: Descriptor
  readonly document: Index
  /** In the order of the document, all of them whole. Never empty: an index without an image here is not found. */
  readonly images: readonly IndexImage[]
  /** Other blobs that belong to it and are here: manifests of attestations and what those name. */
  readonly artifacts: readonly Digest[]
}

/** What a name points at. */
export interface NameRecord {
  readonly name: string
  /** Of the image; of a name with an `index`, of the one for this machine's platform, or the first that is here. */
  readonly manifest: Descriptor
  readonly imageId: Digest
  /** The name stands for images of several platforms. */
  readonly index?: Descriptor
  /** Seconds since the epoch: since then it leads there. */
  readonly tagged: number
}

/**
 * Names -> images. An image is in the store when its config and manifest blobs and all of its layers are; one that lost
 * a part is not found, and its names lead nowhere, until it is built, pulled or loaded again.
 */
export interface ImageStore {
  /**
   * Assembles and writes config and manifest. `config.rootfs` is filled in from the stack. Durable (one `sync`) unless
   * `sync: false`. Throws `bad-history` when the history does not fit the layers.
   */
  create(
    config: Omit<ImageConfig, 'rootfs'>,
    stack: Stack,
    options?: {
      readonly annotations?: Readonly<Record<string, string>>
      readonly sync?: boolean
    },
  ): Promise<Image>
  /**
   * An image from elsewhere (load, pull): writes its documents as they are. Its layers are in the snapshot store already,
   * otherwise `layer-not-found`; `bad-image` when documents and bytes do not belong together. Not durable by itself.
   */
  adopt(
    manifest: Manifest,
    config: ImageConfig,
    raw: { readonly manifest: Uint8Array; readonly config: Uint8Array },
  ): Image
  /**
   * An index, its bytes as they are, of images that are in the store already. Adopted again with others, it has both. `bad-image`
   * when it names none of `images`, or does not name one of them. Not durable by itself.
   */
  adoptIndex(raw: Uint8Array, images: readonly Image[], artifacts?: readonly Digest[]): ImageIndex
  /**
   * Points the name at the image, also when it pointed at another one before. The name is on the disk when this returns, unless
   * `sync: false`; the image is, when whoever made it has synced. Throws `bad-reference` for a name with a digest.
   */
  tag(name: Reference, target: Image | ImageIndex, options?: { readonly sync?: boolean }): void
  /** The same for many, in this order; all of them are on the disk when it is done. */
  tagAll(wishes: readonly (readonly [name: Reference, target: Image | ImageIndex])[]): Promise<void>
  /**
   * Remembers that `target` is known as `repository@digest` in a registry, where it was pulled from or pushed to; the digest need not be
   * that of its manifest here. It goes with the image or index, and keeps neither from being pruned.
   */
  pin(name: Reference, target: Image | ImageIndex): void
  /** What `pin` remembered, sorted by name. */
  pins(): readonly NameRecord[]
  /** False when there was no such name. */
  untag(name: Reference): boolean
  /**
   * By name, by id or unique prefix of an id (at least 4 hex digits; `ambiguous-id` is thrown), by digest of the
   * manifest, by `name@digest`. Throws `bad-reference` for what can be none of them. Of an index the image for `platform`;
   * without one that of this machine's platform, or the first. What is no index is returned for whatever platform it is.
   */
  resolve(text: string, platform?: Platform): Image | undefined
  /** The index that a name, the digest of an index or its first digits, or `name@digest` stands for. */
  resolveIndex(text: string): ImageIndex | undefined
  /** Sorted by name. */
  names(): readonly NameRecord[]
  /** All images, named or not, those of indexes too, the newest first. */
  list(): readonly Image[]
  /** The same for many: what is looked at is that all of their parts are there. `layers` are those of the store, where they are known. */
  summaries(layers?: readonly LayerRecord[]): readonly ImageSummary[]
  /** The whole image; undefined when it has lost a part since, or its config is damaged. */
  open(summary: Pick<ImageSummary, 'id' | 'manifest' | 'stack'>): Image | undefined
  /** All indexes, by digest. */
  indexes(): readonly ImageIndex[]
  /** Forgets the image and its names, but not those of indexes that have it; layers and blobs go with the next prune. */
  remove(image: Pick<Image, 'id'>): void
  /** The same for many: the names are looked through once. */
  removeAll(images: readonly Pick<Image, 'id'>[]): void
  /** Forgets the index and its names; its images stay. */
  removeIndex(index: ImageIndex): void
}

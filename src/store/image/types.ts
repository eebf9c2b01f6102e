import type { Descriptor, Digest, ImageConfig, Manifest, Reference } from '../../foundation/oci/index.ts'
import type { Stack } from '../snapshot/index.ts'

/** An image in the store, whole. */
export interface Image {
  /** Digest of the config: docker's image id. */
  readonly id: Digest
  readonly manifest: Descriptor
  readonly config: ImageConfig
  readonly stack: Stack
}

/** What a name points at. */
export interface NameRecord {
  readonly name: string
  readonly manifest: Descriptor
  readonly imageId: Digest
  /** Seconds since the epoch, when the name was last set. */
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
  /** Points the name at the image, also when it pointed at another one before. Throws `bad-reference` for a name with a digest. */
  tag(name: Reference, image: Image): void
  /** False when there was no such name. */
  untag(name: Reference): boolean
  /**
   * By name, by id or unique prefix of an id (at least 4 hex digits; `ambiguous-id` is thrown), by digest of the
   * manifest, by `name@digest`. Throws `bad-reference` for what can be none of them.
   */
  resolve(text: string): Image | undefined
  /** Sorted by name. */
  names(): readonly NameRecord[]
  /** All images, named or not, the newest first. */
  list(): readonly Image[]
  /** Forgets the image and its names; layers and blobs go with the next prune. */
  remove(image: Image): void
}

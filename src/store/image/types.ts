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

export interface ImageStore {
  /**
   * Assembles and writes config and manifest. `config.rootfs` is filled in from the stack. Durable (one `sync`) unless `sync: false`.
   */
  create(
    config: Omit<ImageConfig, 'rootfs'>,
    stack: Stack,
    options?: {
      readonly annotations?: Readonly<Record<string, string>>
      readonly sync?: boolean
    },
  ): Promise<Image>
  /** An image whose config and manifest blobs are in the content store and whose layers are in the snapshot store (load, pull). */
  adopt(
    manifest: Manifest,
    config: ImageConfig,
    raw: { readonly manifest: Uint8Array; readonly config: Uint8Array },
  ): Image
  tag(name: Reference, image: Image): void
  /** False when there was no such name. */
  untag(name: Reference): boolean
  /** By name, by id or unique prefix of an id (at least 4 hex digits; `ambiguous-id` is thrown), by `name@digest`. */
  resolve(text: string): Image | undefined
  names(): readonly NameRecord[]
  /** All images, named or not. */
  list(): readonly Image[]
  /** Forgets the image and its names; layers go with the next prune. */
  remove(image: Image): void
}

import type { Digest, Reference } from '../foundation/oci/index.ts'

/** A container that was made from an image. */
export interface ImageUser {
  readonly container: string
  readonly running: boolean
}

/** The containers of an image. */
export type ImageUsers = (image: { readonly id: Digest }) => readonly ImageUser[]

/** What `rmi` did, in order. */
export type Removal =
  | { readonly kind: 'untagged'; readonly name: Reference }
  | { readonly kind: 'deleted'; readonly id: Digest }

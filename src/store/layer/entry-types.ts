import type { TreeEntry } from '../../foundation/filetree/index.ts'

/**
 * One path that a layer adds or changes (`add`), or removes from the layers below (`whiteout`).
 * Hard links: the first path of an inode is a file, the others have `hardlink` set to that first path and repeat its metadata.
 * `xattrs` holds only what belongs in a layer (`belongsInLayer`); overlay's own are never there.
 * Paths are strings as made by `decodePath` (foundation/filetree): UTF-8, other bytes as lone surrogates, lossless.
 */
export type LayerEntry = LayerAddition | LayerWhiteout

export interface LayerAddition extends TreeEntry {
  readonly kind: 'add'
  /** Path in the same layer that this one is a hard link to. */
  readonly hardlink?: string
  /** A directory that hides everything below it in lower layers. */
  readonly opaque?: boolean
}

export interface LayerWhiteout {
  readonly kind: 'whiteout'
  readonly path: string
}

/** What the layer's table of contents knows of one path. */
export type IndexEntry = LayerWhiteout | IndexAddition

export interface IndexAddition extends LayerAddition {
  /** Where the file's bytes start in the uncompressed tar. Hard links have their file's. */
  readonly offset?: number
  /** Lower-case hex sha256 of the content, when known. */
  readonly contentDigest?: string
  /** A directory that the layer does not list but needs as a parent (root:root, 0755). Its metadata are not the layer's word. */
  readonly implied?: boolean
}

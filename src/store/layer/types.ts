import type { FileContent, TreeEntry } from '../../foundation/filetree/index.ts'
import type { DiffId } from '../../foundation/oci/index.ts'

/**
 * One path that a layer adds or changes (`add`), or removes from the layers below (`whiteout`).
 * Hard links: the first path of an inode is a file, the others have `hardlink` set to that first path.
 * Overlay's own xattrs (`trusted.overlay.*`, `user.overlay.*`) are never in `xattrs`.
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
  /** Where the file's bytes start in the uncompressed tar. */
  readonly offset?: number
  /** Lower-case hex sha256 of the content, when known. */
  readonly contentDigest?: string
}

/** Table of contents of one layer, stored beside it and read without unpacking anything. */
export interface LayerIndex {
  readonly count: number
  get(path: string): IndexEntry | undefined
  /** Direct children in code unit order, whiteouts included. */
  children(path: string): readonly IndexEntry[]
  /** All, parents before children. */
  entries(): Iterable<IndexEntry>
}

export interface LayerTarResult {
  readonly diffId: DiffId
  /** Bytes of the tar. */
  readonly size: number
  readonly index: readonly IndexEntry[]
}

/**
 * Writes a layer tar in canonical form: a pure function of the entries. Synchronous, one large buffer, hashing as it goes.
 * Entries come parents before children and siblings in code unit order; a violation throws `InternalError`.
 */
export interface LayerTarWriter {
  /** `content` for files with bytes of their own (not for hard links). */
  add(entry: LayerEntry, content?: FileContent): void
  finish(): LayerTarResult
}

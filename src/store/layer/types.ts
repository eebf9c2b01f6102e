import type { FileContent, TreeEntry } from '../../foundation/filetree/index.ts'
import type { DiffId, HostPath } from '../../foundation/oci/index.ts'

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

/** Table of contents of one layer, stored beside it and read without unpacking anything. */
export interface LayerIndex {
  readonly count: number
  /** '' is the root, present only when the layer says something about it. */
  get(path: string): IndexEntry | undefined
  /** Direct children in code unit order, whiteouts included. */
  children(path: string): readonly IndexEntry[]
  /** What stands below `path`, in the order of `entries`. */
  below(path: string): Iterable<IndexEntry>
  /** All, parents before children, siblings in code unit order, depth first. */
  entries(): Iterable<IndexEntry>
}

export interface LayerTarResult {
  readonly diffId: DiffId
  /** Bytes of the tar. */
  readonly size: number
  /** In tree order, missing parents added as `implied`. */
  readonly index: readonly IndexEntry[]
}

/**
 * Writes a layer tar in canonical form: a pure function of the entries. Synchronous, one large buffer, hashing as it goes.
 * Entries come parents before children and siblings in code unit order (`byTreeOrder`); a violation throws `InternalError`.
 * A parent that is never added is allowed: the index lists it as `implied`, the tar does not.
 */
export interface LayerTarWriter {
  /**
   * `content` for files with bytes of their own (not for hard links); its length must be `entry.size`.
   * `contentDigest` (hex sha256) is put in the index when the caller knows it; a function is asked when the content has been read. Sockets are left out, as docker does.
   * Throws `file-changed` when a file on disk is shorter than `entry.size` or no longer a regular file.
   */
  add(entry: LayerEntry, content?: FileContent, contentDigest?: string | (() => string)): void
  /** Members that stand one after another in another canonical tar. Their names have to fit in here as those of `add`. */
  addRun(run: TarRun): void
  /** Bytes of the tar so far. */
  position(): number
  finish(): LayerTarResult
}

/** Consecutive members of a canonical tar. */
export interface TarRun {
  readonly tar: HostPath
  /** Bytes of the tar: where the first member begins and the last one ends. */
  readonly start: number
  readonly end: number
  /** The same members in that tar's index. */
  readonly entries: Iterable<IndexEntry>
}

export interface LayerTarOptions {
  /** Compute the sha256 of each file that comes without one. Off by default: it hashes everything twice. */
  readonly contentDigests?: boolean
  /** Put before every name, such as `./`. Names of layers have nothing before them. */
  readonly prefix?: string
}

/** Limits of what is read from a tar. A tar beyond them is refused with `bad-layer`. */
export interface TarLimits {
  /** Members, default 4 million. */
  readonly maxEntries?: number
  /** Bytes of a path or a link target, default 4095 (PATH_MAX without its NUL). */
  readonly maxPath?: number
  /** Bytes of one PAX header, default 1 MiB. */
  readonly maxPax?: number
}

/** One member of a layer tar, its name parsed by the rules of image-spec layer.md; paths are clean and inside the root. */
export type TarMember =
  | { readonly kind: 'whiteout'; readonly path: string }
  /** `.wh..wh..opq` in the directory `path`. */
  | { readonly kind: 'opaque'; readonly path: string }
  | {
      readonly kind: 'add'
      /** A hard link has `hardlink` and the type `file`, whatever its target is. Symlinks are not resolved. */
      readonly entry: LayerAddition
      /** Where the content starts in the tar. */
      readonly offset: number
    }

export interface TarVisitor {
  member(member: TarMember): void
  /** Bytes of the last file member, in order. The buffer is reused: keep a copy, not the view. Absent: content is skipped. */
  content?(chunk: Uint8Array): void
  /** The last file member is complete. */
  contentEnd?(): void
}

/** Push parser: takes a tar in pieces of any size. */
export interface TarParser {
  push(chunk: Uint8Array): void
  /** The end mark has been read: nothing that follows matters. */
  isAtEnd(): boolean
  /** Content bytes still to come that nobody wants: a reader of a file may jump over them and call `skip`. */
  skippable(): number
  skip(bytes: number): void
  /** Throws `bad-layer` when the tar ends in the middle of something. */
  end(): void
}

export type Compression = 'none' | 'gzip' | 'bzip2' | 'xz' | 'zstd'

export interface DecompressOptions {
  /** Bytes of output; more throws `layer-too-large`. No limit by default. */
  readonly maxOutput?: number
  /** Output bytes per input byte once the output is over 64 MiB; more throws `layer-too-large`. The default depends on the compression: more than honest data reaches. */
  readonly maxRatio?: number
  readonly signal?: AbortSignal
}

export interface IndexTarOptions extends TarLimits {
  /** Compute the sha256 of each file. */
  readonly contentDigests?: boolean
}

export interface IndexBlobOptions extends IndexTarOptions, DecompressOptions {
  /** Gets the uncompressed tar while it is read. A chunk is the reader's: use it before returning. */
  readonly tar?: (chunk: Uint8Array) => void
}

export interface ApplyOptions extends IndexTarOptions {
  /** Leave owners as they are created (for file systems and users that cannot chown). Default false. */
  readonly ignoreOwner?: boolean
  /** Runs of zeros become holes. Default false: they take a look at every byte. */
  readonly sparse?: boolean
  /** Namespace of the opaque mark: `user` for overlays mounted with `userxattr`. Default `trusted`. */
  readonly overlayXattrs?: 'trusted' | 'user'
}
